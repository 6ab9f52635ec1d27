/** Faults that reads by lease have to bear, besides the others: longer than a lease, and between replicas alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../../test-support/network/tcp-proxy.ts';
import { type FaultTargets, faults, pick } from './faults.ts';

export interface LeaseTargets extends FaultTargets {
  readonly replicas: readonly { pause(): void; continue(): void }[];
  /** The proxy of each process's port for other replicas. */
  readonly peers: readonly TcpProxy[];
  /** Kills the process and starts it again so many milliseconds later. */
  readonly replaceReplica: (replica: number, keepIndex: boolean, milliseconds: number) => Promise<void>;
}

type LeaseFault = (targets: LeaseTargets, random: () => number, milliseconds: number) => Promise<void>;

/** Milliseconds: longer than a lease is trusted, and than a notice has to stand. */
function longer(random: () => number): number {
  return 3000 + random() * 3000;
}

export const leaseFaults: Readonly<Record<string, LeaseFault>> = {
  ...faults,
  'replica paused': async ({ replicas }, random) => {
    const replica = pick(replicas, random);
    replica.pause();
    await sleep(longer(random));
    replica.continue();
  },
  'replica paused shortly': async ({ replicas }, random, milliseconds) => {
    const replica = pick(replicas, random);
    replica.pause();
    await sleep(milliseconds);
    replica.continue();
  },
  'replica gone': async ({ replicas, replaceReplica }, random) => {
    const replica = Math.floor(random() * replicas.length);
    await replaceReplica(replica, random() < 0.5, longer(random));
  },
  // Its reports reach one replica and not the other.
  'one replica cut off from another': async ({ peers }, random) => {
    const peer = pick(peers, random);
    peer.stallNewest();
    await sleep(longer(random));
    peer.resume();
  },
  'reports held back': async ({ peers }, random, milliseconds) => {
    const peer = pick(peers, random);
    peer.stall();
    await sleep(milliseconds);
    peer.resume();
  },
  'replicas cut off from each other': async ({ peers }, random) => {
    for (const peer of peers) peer.stall();
    await sleep(longer(random));
    for (const peer of peers) peer.resume();
  },
  'connections of replicas cut': async ({ peers }, random) => {
    pick(peers, random).cut();
  },
  'process cut off for long': async ({ proxies }, random) => {
    const all = pick(proxies, random);
    for (const proxy of all) proxy.stall();
    await sleep(longer(random));
    for (const proxy of all) proxy.resume();
  },
  'leader paused for long': async ({ cluster }, random) => {
    const leader = await cluster.leader();
    await leader.pause();
    await sleep(longer(random));
    leader.continue();
  },
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
  'connections of replicas cut',
];
