/** What clocks do while replicas read by lease: what ADR 0290 allows them, and what it does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../../test-support/seeded-random.ts';
import { type LeaseFault, type LeaseTargets, longer, paused, stalled } from './targets.ts';

/** What a clock counts while another one counts 1.1: the most that rates may differ. */
export const slowest = 0.95;
export const fastest = 1.1 * slowest;

/** Milliseconds: the largest jump of a wall clock. */
const longestJump = 3_600_000;

/** Some milliseconds, seconds or minutes. */
function jump(random: () => number): number {
  return 10 + random() ** 4 * longestJump;
}

export const clockFaults: Readonly<Record<string, LeaseFault>> = {
  'wall clock put forward': ({ clocks }, random) => jumps(clocks, random, jump(random)),
  'wall clock put back': ({ clocks }, random) => jumps(clocks, random, -jump(random)),
  'a clock at another rate': async ({ clocks }, random) => {
    const clock = pick(clocks, random);
    clock.run(pick([slowest, 1, fastest], random));
    await sleep(longer(random));
    clock.runAsUsual();
  },
  // Its monotonic clock stands still meanwhile, and its wall clock does not.
  'machine suspended': async ({ replicas, clocks }, random) => {
    const one = pick([...replicas.keys()], random);
    clocks[one]?.run(0, 1);
    await paused(replicas[one] as (typeof replicas)[number], longer(random));
    clocks[one]?.runAsUsual();
  },
};

/** What reads by lease cannot bear: with them the check has to find old values. */
export const forbiddenClockFaults: Readonly<Record<string, LeaseFault>> = {
  'a clock that stands still': (targets, random) => cutOffWithClock(targets, random, 0),
  'a clock at less than half the rate': (targets, random) => cutOffWithClock(targets, random, 0.4),
};

async function jumps(clocks: LeaseTargets['clocks'], random: () => number, ahead: number): Promise<void> {
  const clock = pick(clocks, random);
  clock.setWall(ahead);
  await sleep(longer(random));
  clock.setWall(0);
}

/** A replica with a lease learns of no notice, and its own clock says that its lease lasts. */
async function cutOffWithClock(targets: LeaseTargets, random: () => number, rate: number): Promise<void> {
  const { proxies, clocks, leaseHolder } = targets;
  const one = await leaseHolder(random);
  clocks[one]?.run(rate);
  await stalled(proxies[one] ?? [], 6000);
  clocks[one]?.runAsUsual();
}
