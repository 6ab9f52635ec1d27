/** What faults act on, and what many of them do. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import type { TcpProxy } from '../../../test-support/network/tcp-proxy.ts';
import type { SkewedClock } from '../../clocks/skewed-clock.ts';

export interface FaultTargets {
  readonly cluster: EtcdCluster;
  /** The proxies between each process and the members: `[process][member]`. */
  readonly proxies: readonly (readonly TcpProxy[])[];
  /** Kills the process and starts it again, so many milliseconds later, with its index or without. */
  readonly restartReplica: (replica: number, keepIndex: boolean, milliseconds?: number) => Promise<void>;
}

/** `milliseconds`: how long it lasts, random as well. */
export type Fault = (targets: FaultTargets, random: () => number, milliseconds: number) => Promise<void>;

export interface LeaseTargets extends FaultTargets {
  readonly replicas: readonly { pause(): void; continue(): void }[];
  /** The proxy of each process's port for other replicas. */
  readonly peers: readonly TcpProxy[];
  /** Of each process. */
  readonly clocks: readonly SkewedClock[];
  /** A process that holds a lease now. */
  readonly leaseHolder: (random: () => number) => Promise<number>;
}

/** `milliseconds`: of one that is shorter than a lease. */
export type LeaseFault = (targets: LeaseTargets, random: () => number, milliseconds: number) => Promise<void>;

/** Milliseconds: longer than a lease is trusted, and than a notice has to stand. */
export function longer(random: () => number): number {
  return 3000 + random() * 3000;
}

/** A process that does not run for a while: its connections stay open. */
export async function paused(
  process: { pause(): void | Promise<void>; continue(): void },
  milliseconds: number,
): Promise<void> {
  await process.pause();
  await sleep(milliseconds);
  process.continue();
}

/** Connections on which nothing passes for a while, by default in either direction. */
export async function stalled(
  proxies: readonly TcpProxy[],
  milliseconds: number,
  directions?: Parameters<TcpProxy['stall']>[0],
): Promise<void> {
  for (const proxy of proxies) proxy.stall(directions);
  await sleep(milliseconds);
  for (const proxy of proxies) proxy.resume();
}
