/** Copies of a world with something changed. */
import type { ReplicaState } from '../../../service/src/store/etcd/lease/state.ts';
import type { Entry, Node, Spent, World } from './world.ts';

export function withNode(world: World, i: number, change: Partial<Node>): World {
  return { ...world, nodes: world.nodes.map((node, j) => (j === i ? { ...node, ...change } : node)) };
}

export function withState(world: World, i: number, state: ReplicaState): World {
  return withNode(world, i, { state });
}

export function logged(world: World, kind: Entry['kind'], keys: readonly string[], id = '', name = ''): World {
  return { ...world, log: [...world.log, { kind, keys, id, name }] };
}

export function spend(world: World, what: keyof Spent): World {
  return { ...world, spent: { ...world.spent, [what]: world.spent[what] + 1 } };
}

/** The first replica that notices a restore puts the timeline's new name. */
export function withTimelineNamed(world: World): World {
  const name = String(world.history);
  return world.timeline === name ? world : { ...world, timeline: name };
}
