/** Faults that reads by lease have to bear, besides the others: longer than a lease, and between replicas alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../../test-support/seeded-random.ts';
import { clockFaults } from './clock-faults.ts';
import { faults } from './faults.ts';
import { type LeaseFault, longer, paused, stalled } from './targets.ts';

export const leaseFaults: Readonly<Record<string, LeaseFault>> = {
  ...faults,
  ...clockFaults,
  'replica paused': ({ replicas }, random) => paused(pick(replicas, random), longer(random)),
  'replica paused shortly': ({ replicas }, random, milliseconds) => paused(pick(replicas, random), milliseconds),
  'replica gone': async ({ replicas, restartReplica }, random) => {
    const replica = Math.floor(random() * replicas.length);
    await restartReplica(replica, random() < 0.5, longer(random));
  },
  // Its reports reach one replica and not the other.
  'one replica cut off from another': async ({ peers }, random) => {
    const peer = pick(peers, random);
    peer.stallNewest();
    await sleep(longer(random));
    peer.resume();
  },
  'reports held back': ({ peers }, random, milliseconds) => stalled([pick(peers, random)], milliseconds),
  'replicas cut off from each other': ({ peers }, random) => stalled(peers, longer(random)),
  'connections of replicas cut': async ({ peers }, random) => {
    pick(peers, random).cut();
  },
  'process cut off for long': ({ proxies }, random) => stalled(pick(proxies, random), longer(random)),
  'leader paused for long': async ({ cluster }, random) => paused(await cluster.leader(), longer(random)),
  // When it goes on, it cannot follow from where it stood.
  'compaction while a replica is paused': async ({ cluster, proxies, replicas }, random) => {
    const one = Math.floor(random() * replicas.length);
    replicas[one]?.pause();
    for (const proxy of proxies[one] ?? []) proxy.cut();
    await sleep(longer(random));
    await cluster.compact(await cluster.revision());
    replicas[one]?.continue();
  },
};

/** Of two faults at once, the second: none of them changes what the others do. */
export const secondFaults: readonly string[] = [
  ...['one replica cut off from another', 'reports held back', 'replicas cut off from each other'],
  ...['connections of replicas cut', 'wall clock put forward', 'wall clock put back', 'a clock at another rate'],
];
