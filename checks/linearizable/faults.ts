/** Faults while the workload runs: members killed and paused, connections stalled and cut, processes killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import type { TcpProxy } from '../../test-support/network/tcp-proxy.ts';

export interface FaultTargets {
  readonly cluster: EtcdCluster;
  /** The proxies between each process and the members: `[process][member]`. */
  readonly proxies: readonly (readonly TcpProxy[])[];
  /** Kills the process and starts it again, with its index or without. */
  readonly restartReplica: (replica: number, keepIndex: boolean) => Promise<void>;
}

type Fault = (targets: FaultTargets, random: () => number, milliseconds: number) => Promise<void>;

export const faults: Readonly<Record<string, Fault>> = {
  'leader killed': async ({ cluster }, _, milliseconds) => {
    const leader = await cluster.leader();
    await leader.kill();
    await sleep(milliseconds);
    leader.start();
  },
  'leader paused': async ({ cluster }, _, milliseconds) => {
    const leader = await cluster.leader();
    await leader.pause();
    await sleep(milliseconds);
    leader.continue();
  },
  'follower killed': async ({ cluster }, random, milliseconds) => {
    const follower = pick(await cluster.followers(), random);
    await follower.kill();
    await sleep(milliseconds);
    follower.start();
  },
  'follower paused': async ({ cluster }, random, milliseconds) => {
    const follower = pick(await cluster.followers(), random);
    await follower.pause();
    await sleep(milliseconds);
    follower.continue();
  },
  'process cut off': async ({ proxies }, random, milliseconds) => {
    const all = pick(proxies, random);
    for (const proxy of all) proxy.stall();
    await sleep(milliseconds);
    for (const proxy of all) proxy.resume();
  },
  'answers held back': async ({ proxies }, random, milliseconds) => {
    const all = pick(proxies, random);
    for (const proxy of all) proxy.stall({ requests: false, answers: true });
    await sleep(milliseconds);
    for (const proxy of all) proxy.resume();
  },
  'one connection stalled': async ({ proxies }, random, milliseconds) => {
    const proxy = pick(pick(proxies, random), random);
    proxy.stall();
    await sleep(milliseconds);
    proxy.resume();
  },
  'connections cut': async ({ proxies }, random) => {
    for (const proxy of pick(proxies, random)) proxy.cut();
  },
  'process restarted': async ({ restartReplica, proxies }, random) => {
    await restartReplica(Math.floor(random() * proxies.length), true);
  },
  'process restarted empty': async ({ restartReplica, proxies }, random) => {
    await restartReplica(Math.floor(random() * proxies.length), false);
  },
  compaction: async ({ cluster, proxies }, random, milliseconds) => {
    const all = pick(proxies, random);
    for (const proxy of all) proxy.stall();
    await sleep(milliseconds);
    await cluster.compact(await cluster.revision());
    for (const proxy of all) {
      proxy.cut();
      proxy.resume();
    }
  },
};

export function pick<T>(list: readonly T[], random: () => number): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('Nothing to pick from');
  return one;
}
