/** What replicas do: receive, report, take and leave leases, remove those of others, sync, crash and begin again. */
import { logged, spend, withNode, withState, withTimelineNamed } from './change.ts';
import { changeOf, readersAt } from './log.ts';
import type { Rules } from './rules.ts';
import type { Step } from './step.ts';
import { connected, type Entry, type Node, type Request, type Scope, type World } from './world.ts';

export function* replicaSteps(world: World, scope: Scope, rules: Rules): Generator<Step> {
  for (const [i, node] of world.nodes.entries()) {
    if (!node.isAlive) {
      if (world.down === undefined) yield beginsAgain(world, i, node, rules);
      continue;
    }
    if (world.down === undefined) yield* follows(world, i, node, scope, rules);
    yield* learns(world, i, node, rules);
    yield* leases(world, i, node, scope, rules);
    if (world.down === undefined) yield* removals(world, i, node, scope, rules);
    if (world.spent.crashes < scope.crashes) yield crashes(world, i, node);
  }
}

function* follows(world: World, i: number, { state, now }: Node, scope: Scope, rules: Rules): Generator<Step> {
  const { log, compacted, history } = world;
  const isPutBack = state.timeline !== String(history);
  const mustSync = isPutBack || state.received < compacted;
  if (!mustSync && state.received < log.length) {
    const revision = state.received + 1;
    const entry = log[revision - 1] as Entry;
    const next = withState(world, i, rules.receive(state, changeOf(entry, revision), now));
    yield {
      label: () => `r${i} receives ${revision} (${entry.kind} ${entry.id}${entry.keys.join(' and ')})`,
      world: next,
      isDue: true,
    };
  }
  if (mustSync || world.spent.syncs < scope.syncs) {
    const named = withTimelineNamed(world);
    const next = withState(named, i, rules.sync(state, readersAt(named), now));
    yield {
      label: () => `r${i} syncs in full at ${log.length}`,
      world: mustSync ? next : spend(next, 'syncs'),
      isDue: mustSync,
    };
  }
}

/** Reports come in order and each replaces the ones before it, so a replica learns what the reader has received by now. */
function* learns(world: World, i: number, { state }: Node, rules: Rules): Generator<Step> {
  for (const [j, { isAlive, state: sender }] of world.nodes.entries()) {
    const { own, timeline, received } = sender;
    if (j === i || !isAlive || own === undefined || !connected(world, i, j)) continue;
    const next = rules.acceptReport(state, { id: own.id, timeline, received });
    const label = () => `r${i} learns that r${j} (${own.id}) has received ${received}`;
    if (next !== state) yield { label, world: withState(world, i, next), isDue: true };
  }
  for (const report of world.late) {
    const next = rules.acceptReport(state, report);
    const label = () => `r${i} learns a late report that ${report.id} has received ${report.received}`;
    if (next !== state) yield { label, world: withState(world, i, next), isDue: false };
  }
}

function* leases(world: World, i: number, node: Node, scope: Scope, rules: Rules): Generator<Step> {
  const { state, now, request } = node;
  const { own } = state;
  if (request?.found !== undefined) {
    const next = rules.checked(node, request, scope.duration);
    yield {
      label: () => `r${i} has the answer of its check`,
      world: withNode(world, i, { state: next, request: undefined }),
      isDue: true,
    };
  }
  const send = (kind: Request['kind'], id: string): Request => ({ kind, id, sentAt: now, found: undefined });
  if (request?.kind === 'join' && world.spent.lateKeys < scope.lateKeys) {
    const gone = withNode(world, i, {
      ...{ state: rules.leave(state), request: send('leave', request.id), givenUp: [...node.givenUp, request.id] },
    });
    yield {
      label: () => `r${i} gives up the key ${request.id}, which etcd has not made`,
      world: spend({ ...gone, lateKeys: [...world.lateKeys, request.id] }, 'lateKeys'),
      isDue: false,
    };
  }
  if (request !== undefined || world.down !== undefined) return;
  if (own === undefined) {
    if (world.spent.joins >= scope.joins) return;
    const id = rules.newId(world.spent.joins);
    const joining = withNode(world, i, {
      state: rules.join(state, id, now, scope.duration),
      request: send('join', id),
    });
    yield { label: () => `r${i} asks for a lease ${id}`, world: spend(joining, 'joins'), isDue: false };
  } else if (own.isLeaving) {
    yield {
      label: () => `r${i} deletes its key ${own.id}`,
      world: withNode(world, i, { request: send('leave', own.id) }),
      isDue: true,
    };
  } else {
    // Another check in the same tick could confirm no more, and a replica may leave without one.
    const isOver = now >= own.until && !rules.leasesRevive;
    if (!isOver && own.until < now + scope.duration) {
      yield {
        label: () => `r${i} sends a check of ${own.id}`,
        world: withNode(world, i, { request: send('check', own.id) }),
        isDue: true,
      };
    }
    const left = withNode(world, i, { state: rules.leave(state), request: send('leave', own.id) });
    // It leaves by itself when it learns of a notice, else when it likes.
    const isNoticed = state.readers.some(({ id, notice }) => id === own.id && notice !== undefined);
    yield { label: () => `r${i} leaves ${own.id}`, world: left, isDue: isNoticed || isOver };
  }
}

function* removals(world: World, i: number, node: Node, scope: Scope, rules: Rules): Generator<Step> {
  const { state, now, givenUp } = node;
  if (state.timeline !== world.timeline) return;
  const { readers } = readersAt(world);
  for (const id of rules.deletesLateKeys ? givenUp : []) {
    // It has received the key: before that it knows of none.
    if (!state.readers.some((reader) => reader.id === id)) continue;
    const left = readers.some((reader) => reader.id === id) ? logged(world, 'leave', [], id) : world;
    yield {
      label: () => `r${i} deletes the key ${id}, which it gave up`,
      world: withNode(left, i, { givenUp: givenUp.filter((other) => other !== id) }),
      isDue: true,
    };
  }
  for (const id of rules.awaited(state)) {
    const there = readers.find((reader) => reader.id === id);
    if (there === undefined || there.notice !== undefined) continue;
    const name = `${world.history}.${world.log.length + 1}`;
    yield {
      label: () => `r${i} puts a notice against ${id}`,
      world: logged(world, 'notice', [], id, name),
      isDue: true,
    };
  }
  for (const { id, notice } of rules.removable(state, now, scope.wait)) {
    const there = readers.find((reader) => reader.id === id);
    if (there?.notice !== notice) continue;
    yield {
      label: () => `r${i} deletes the key ${id} of another replica`,
      world: logged(world, 'leave', [], id),
      isDue: true,
    };
  }
}

/** What it has sent may still arrive. */
function crashes(world: World, i: number, { state }: Node): Step {
  const { own, timeline, received } = state;
  const late = own === undefined ? world.late : [...world.late, { id: own.id, timeline, received }];
  return {
    label: () => `r${i} dies`,
    world: spend(withNode({ ...world, late }, i, { isAlive: false }), 'crashes'),
    isDue: false,
  };
}

/** A new process on the same index: by the watch, or by a full sync when etcd was put back or compacted. */
function beginsAgain(world: World, i: number, { state, now }: Node, rules: Rules): Step {
  const { compacted, history } = world;
  const named = withTimelineNamed(world);
  const list = rules.firstList(readersAt(named));
  const resumed = rules.resume(state, list, now);
  const mustSync = state.timeline !== String(history) || resumed.received < compacted;
  const next = mustSync ? rules.sync(resumed, list, now) : resumed;
  const reborn = withNode(mustSync ? named : world, i, { isAlive: true, state: next, request: undefined, givenUp: [] });
  return { label: () => `r${i} begins again`, world: reborn, isDue: false };
}
