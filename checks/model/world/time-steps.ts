/** Time passes; connections between replicas are cut and mended. */
import { spend } from './change.ts';
import { restoreSteps } from './etcd-steps.ts';
import { readersAt } from './log.ts';
import type { Rules } from './rules.ts';
import type { Step } from './step.ts';
import { connected, type Node, pairOf, type Scope, type World } from './world.ts';

export function* timeSteps(world: World, scope: Scope, rules: Rules): Generator<Step> {
  yield* restoreSteps(world, scope, rules);
  yield* connections(world, scope);
  if (!someTimerRuns(world, scope)) return;
  // A reader that can renew its lease does: a stalled write must not depend on one that does not.
  yield { label: () => 'a tick', world: tick(world, scope, -1), isDue: !endsLease(world) };
  for (const [i, { steady, isAlive }] of world.nodes.entries()) {
    const mayLose = rules.clocksStandStill || (scope.slowClocks && steady === 0);
    if (isAlive && mayLose)
      yield { label: () => `a tick that the clock of r${i} misses`, world: tick(world, scope, i), isDue: false };
  }
}

function tick(world: World, { wait }: Scope, slow: number): World {
  const nodes = world.nodes.map((node, i) => {
    const { now, steady } = node;
    return i === slow ? { ...node, steady: wait - 1 } : { ...node, now: now + 1, steady: Math.max(0, steady - 1) };
  });
  return { ...world, nodes, down: world.down === undefined ? undefined : Math.max(0, world.down - 1) };
}

/** Would the next tick end the lease of a reader that could still renew it? */
function endsLease(world: World): boolean {
  const { readers } = readersAt(world);
  return world.nodes.some(({ isAlive, state: { own }, now }) => {
    if (!isAlive || own === undefined || own.isLeaving || now + 1 !== own.until) return false;
    return readers.some(({ id, notice }) => id === own.id && notice === undefined);
  });
}

/** Without it a tick changes nothing. */
function someTimerRuns({ nodes, down }: World, { wait, duration }: Scope): boolean {
  if (down !== undefined && down > 0) return true;
  return nodes.some((node) => runs(node, wait, duration));
}

function runs({ now, steady, state, request }: Node, wait: number, duration: number): boolean {
  if (steady > 0 || now < (state.own?.until ?? 0)) return true;
  if (request?.kind === 'check' && now < request.sentAt + duration) return true;
  return state.readers.some(({ notice }) => notice !== undefined && now < notice.since + wait);
}

function* connections(world: World, scope: Scope): Generator<Step> {
  for (let a = 0; a < world.nodes.length; a++) {
    for (let b = a + 1; b < world.nodes.length; b++) {
      const pair = pairOf(a, b);
      if (!connected(world, a, b)) {
        const cut = world.cut.filter((other) => other !== pair);
        yield { label: () => `r${a} and r${b} reach each other again`, world: { ...world, cut }, isDue: false };
      } else if (world.spent.cuts < scope.cuts) {
        const next = spend({ ...world, cut: [...world.cut, pair].sort((x, y) => x - y) }, 'cuts');
        yield { label: () => `r${a} and r${b} are cut off from each other`, world: next, isDue: false };
      }
    }
  }
}
