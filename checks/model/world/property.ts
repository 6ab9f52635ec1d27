/**
 * Strict serializability of the whole store, of watches too: whatever a client knows of (`floor`: an acknowledged write,
 * what a read or a refusal showed, a watcher's event), every read that begins now shows it. Reads by lease need no steps
 * of their own: the worst answer of each read that could begin now follows from the state.
 */
import { isSettled } from '../../../service/src/store/etcd/lease/stability.ts';
import { headOf, lastChange } from './log.ts';
import type { Rules } from './rules.ts';
import { positionOf, splitPosition, userKeys, type World } from './world.ts';

/** Single reads, and one of both keys: a search, a dump, many keys at once. */
const reads: readonly (readonly string[])[] = [['a'], ['b'], userKeys];

/** The floor, after what watchers and clients of this state have been told. */
export function raisedFloor(world: World, rules: Rules): number {
  let { floor } = world;
  const head = headOf(world);
  for (const { isAlive, state } of world.nodes) {
    if (!isAlive) continue;
    const history = Number(state.timeline);
    floor = Math.max(floor, positionOf(history, rules.watched(state)));
    if (world.down !== undefined) continue;
    // The head key's token says which history it is of (ADR 0011): an index of another one is synced anew first.
    const shown = rules.barrierShows(state, String(world.history), head);
    if (shown !== undefined) floor = Math.max(floor, positionOf(history, shown));
    if (rules.mayRefuse(state, String(world.history), head)) floor = Math.max(floor, positionOf(history, head));
  }
  return floor;
}

/** What is wrong in the state; undefined: nothing. */
export function violation(world: World, rules: Rules): string | undefined {
  const known = splitPosition(world.floor);
  const head = headOf(world);
  for (const [i, { isAlive, state, now }] of world.nodes.entries()) {
    if (!isAlive) continue;
    for (const keys of reads) {
      const target = rules.leaseTarget(state, (key) => keys.includes(key), now);
      if (target !== undefined) {
        const fault = faultOf(world, known, state.timeline, keys, Math.max(target, state.shown));
        if (fault !== undefined) return `a read of ${keys.join(' and ')} by the lease of r${i} ${fault}`;
      }
      const shown = world.down === undefined ? rules.barrierShows(state, String(world.history), head) : undefined;
      // A barrier does not wait for what etcd removes by itself (ADR 0067).
      const fault = shown === undefined ? undefined : faultOf(world, known, state.timeline, keys, shown, true);
      if (fault !== undefined) return `a read of ${keys.join(' and ')} by the barrier of r${i} ${fault}`;
    }
  }
  return undefined;
}

function faultOf(
  world: World,
  known: { readonly history: number; readonly revision: number },
  timeline: string,
  keys: readonly string[],
  shown: number,
  onlyWrites = false,
): string | undefined {
  for (const key of keys) {
    const last = lastChange(world, key, known.revision, onlyWrites);
    if (Number(timeline) < known.history && last > world.restoredAt) {
      return `shows timeline ${timeline}, but a client knows revision ${last} of timeline ${known.history}`;
    }
    if (Number(timeline) === known.history && last > shown) {
      return `shows revision ${shown}, but a client knows that revision ${last} changed ${key}`;
    }
  }
  return undefined;
}

/** Nothing waits: every replica that runs shows everything that is in etcd. */
export function isFinished({ nodes, log, timeline, down }: World): boolean {
  if (down !== undefined) return true;
  return nodes.every(
    ({ isAlive, state }) => !isAlive || (state.timeline === timeline && isSettled(state) && state.shown === log.length),
  );
}
