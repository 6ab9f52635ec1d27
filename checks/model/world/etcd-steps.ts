/** What etcd does: it takes writes, carries requests out, removes what expires, compacts, and is put back. */
import { logged, spend, withNode, withState } from './change.ts';
import { readersAt } from './log.ts';
import type { Rules } from './rules.ts';
import type { Step } from './step.ts';
import { type Entry, type Node, positionOf, type Request, type Scope, userKeys, type World } from './world.ts';

const keySets: readonly (readonly string[])[] = [['a'], ['b'], userKeys];

export function* etcdSteps(world: World, scope: Scope, rules: Rules): Generator<Step> {
  if (world.down !== undefined) return;
  const { spent } = world;
  for (const [i, node] of world.nodes.entries()) {
    if (node.isAlive && spent.writes < scope.writes) yield* writes(world, i, node, scope, rules);
    if (node.request !== undefined && node.request.found === undefined) yield* carryOut(world, i, node.request, rules);
  }
  for (const id of world.lateKeys) {
    const lateKeys = world.lateKeys.filter((other) => other !== id);
    const next = { ...logged(world, 'join', [], id), lateKeys };
    yield {
      label: () => `etcd takes the key ${id}, which its replica gave up, at ${next.log.length}`,
      world: next,
      isDue: false,
    };
  }
  if (spent.expiries < scope.expiries) {
    yield {
      label: () => 'etcd removes a, which has expired',
      world: spend(logged(world, 'expiry', ['a']), 'expiries'),
      isDue: false,
    };
  }
  if (spent.compactions < scope.compactions && world.compacted < world.log.length) {
    const compacted = world.log.length;
    yield {
      label: () => `etcd is compacted at ${compacted}`,
      world: spend({ ...world, compacted }, 'compactions'),
      isDue: false,
    };
  }
}

/** A transaction sets or deletes: to the protocol both are a revision that changes keys. */
function* writes(world: World, i: number, { state }: Node, scope: Scope, rules: Rules): Generator<Step> {
  const revision = world.log.length + 1;
  const { spent } = world;
  const { readers } = readersAt(world);
  const committed = {
    ...{ timeline: world.timeline, revision, readers: readers.length, receivedBefore: state.received },
  };
  // Later its acknowledgement follows from what the replica shows, which raises the floor anyway.
  const isTold = rules.mayAcknowledge(state, committed);
  // The keys are alike, so the first to be written is a.
  const isFirst = scope.expiries === 0 && spent.writes === 0;
  for (const keys of isFirst ? keySets.filter(([first]) => first === 'a') : keySets) {
    const next = spend(logged(world, 'write', keys), 'writes');
    const floor = isTold ? Math.max(world.floor, positionOf(world.history, revision)) : world.floor;
    const label = () => `r${i} writes ${keys.join(' and ')} at ${revision}${isTold ? ', acknowledged at once' : ''}`;
    yield { label, world: { ...next, floor }, isDue: false };
  }
}

function* carryOut(world: World, i: number, request: Request, rules: Rules): Generator<Step> {
  const { kind, id } = request;
  if (kind === 'join') {
    const next = withNode(logged(world, 'join', [], id), i, { request: undefined });
    yield { label: () => `etcd takes the key ${id} of r${i} at ${next.log.length}`, world: next, isDue: true };
  } else if (kind === 'leave') {
    const isThere = readersAt(world).readers.some((reader) => reader.id === id);
    const next = withNode(isThere ? logged(world, 'leave', [], id) : world, i, { request: undefined });
    yield { label: () => `etcd deletes the key ${id} for r${i}, whose answer is lost`, world: next, isDue: true };
    const state = world.nodes[i]?.state;
    if (state === undefined) return;
    const answered = withState(next, i, rules.forget(state, id));
    yield { label: () => `etcd deletes the key ${id} for r${i}`, world: answered, isDue: true };
  } else {
    const answers = new Set([finds(world, world.log.length, request, i)]);
    if (rules.checksMayLag) for (let at = 0; at < world.log.length; at++) answers.add(finds(world, at, request, i));
    for (const found of answers) {
      const label = () => `etcd ${found ? 'confirms' : 'does not confirm'} the lease ${id} of r${i}`;
      yield { label, world: withNode(world, i, { request: { ...request, found } }), isDue: true };
    }
  }
}

/** The reader's key is there, no notice is, and the timeline is that of the replica. */
function finds(world: World, revision: number, { id }: Request, i: number): boolean {
  const { timeline, readers } = readersAt(world, revision);
  const isThere = readers.some((reader) => reader.id === id && reader.notice === undefined);
  return isThere && world.nodes[i]?.state.timeline === timeline;
}

/** etcd stops for good, and begins anew from a snapshot of an earlier state. */
export function* restoreSteps(world: World, scope: Scope, rules: Rules): Generator<Step> {
  const { down, log, spent, history } = world;
  if (down === undefined) {
    if (spent.restores >= scope.restores || log.length === 0) return;
    const stopped = spend({ ...world, down: rules.restoresWait ? scope.wait : 0 }, 'restores');
    yield { label: () => 'etcd stops', world: stopped, isDue: false };
  } else if (down === 0) {
    for (let at = 0; at <= log.length; at++) {
      const kept: readonly Entry[] = log.slice(0, at);
      const next = { ...world, log: kept, compacted: Math.min(world.compacted, at), history: history + 1 };
      const label = () => `etcd begins anew from a snapshot of revision ${at}`;
      yield { label, world: { ...next, restoredAt: at, down: undefined }, isDue: false };
    }
  }
}
