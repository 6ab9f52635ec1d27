/** One run: a 3-member etcd, 3 store processes each behind proxies of its own, a workload and a schedule of faults. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { seededRandom } from '../../test-support/seeded-random.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { Counters } from './clients/counters.ts';
import { HotKeys } from './clients/hot-keys.ts';
import { Workload } from './clients/workload.ts';
import { type FreshReads, inject } from './faults/schedule.ts';
import type { LeaseTargets } from './faults/targets.ts';
import type { Operation } from './history/operation.ts';
import { withPresence } from './history/presence.ts';
import { Recorder } from './history/recorder.ts';
import { Mirrors } from './mirror/mirrors.ts';
import { type LeaseUse, watchLeases } from './replicas/lease-use.ts';
import { Replicas } from './replicas/replicas.ts';

export interface RunOptions {
  /** Names of faults, in their order; each lasts about a second, some up to six. */
  readonly schedule: Iterable<string>;
  /** How the processes make reads fresh; with `lease` clients mostly read. Default `barrier`. */
  readonly freshReads?: FreshReads;
  readonly stale?: boolean;
  readonly seed: number;
  /** `operations`: recorded until then. */
  readonly onFault?: (name: string, operations: number) => void;
  /** Groups of clients that write hot keys at the same instant; default 1. */
  readonly teams?: number;
  /** Operations between two faults, at the least; default 200. */
  readonly between?: number;
  /** Operations until no more faults are injected, if that comes before the schedule's end. */
  readonly enough?: number;
  /** Ends the schedule early; what was done is judged. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly history: readonly Operation[];
  readonly errors: ReadonlyMap<string, number>;
  /** Watch events that were taken, and whole copies that were compared with the store. */
  readonly mirrored: { readonly events: number; readonly compared: number };
  /** Increments and reads of counters. */
  readonly counted: number;
  /** What the processes' metrics say of fresh reads. */
  readonly leases: LeaseUse;
  /** What is wrong in any order of the operations, one text each. */
  readonly faults: readonly string[];
}

/** Of each kind of client: with reads by lease they mostly read, since else no replica takes a lease. */
const mixes = {
  barrier: { workload: {}, hotKeys: { isCalm: false }, counters: {}, mirrors: {} },
  lease: {
    workload: { sets: 0.1, readersPerReplica: 3 },
    hotKeys: { isCalm: true },
    counters: { reads: 0.9, rest: 20, readersPerReplica: 2 },
    mirrors: { pause: 300 },
  },
} as const;

export async function run(options: RunOptions): Promise<RunResult> {
  const {
    schedule,
    freshReads = 'barrier',
    stale = false,
    seed,
    onFault,
    teams = 1,
    between = 200,
    enough = Infinity,
    signal,
  } = options;
  const random = seededRandom(seed);
  const mix = mixes[freshReads];
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    const cluster = await EtcdCluster.start({ size: 3 });
    cleanups.push(() => cluster.stop());
    const store = await Replicas.start(cluster, freshReads);
    cleanups.push(() => store.stop());
    const replicas = store.processes;
    const leases = watchLeases(replicas);
    cleanups.push(() => leases.stop());
    const recorder = new Recorder({ stale });
    const clients: { stop(): Promise<void> }[] = [
      new Workload({ recorder, replicas, clientsPerReplica: 3, random, ...mix.workload }),
      ...Array.from({ length: teams }, (_, team) => {
        const own = { random: seededRandom(seed + 1 + team), team, rest: 4, ...mix.hotKeys };
        return new HotKeys({ recorder, replicas, perReplica: 5, ...own });
      }),
    ];
    const counters = new Counters({
      ...{ replicas, clientsPerReplica: 4, random: seededRandom(seed + 50), ...mix.counters },
    });
    clients.push(counters);
    cleanups.push(() => Promise.all(clients.map((each) => each.stop())));
    // Their numbers are their own, so that each series is the same however fast the others are.
    const numbers = (i: number) => seededRandom(seed + 100 + i);
    const mirrors = new Mirrors({ replicas, random: numbers, prefixes: ['', '', 'hot-'], ...mix.mirrors });
    cleanups.push(() => mirrors.stop());
    const { history } = recorder;
    const { proxies, peers, clocks } = store;
    const targets: LeaseTargets = {
      ...{ cluster, proxies, peers, clocks, replicas },
      restartReplica: (...given) => store.restart(...given),
      leaseHolder: (random) => store.leaseHolder(random),
    };
    const flowing = async () => {
      const from = history.length;
      await waitFor('operations flow', () => history.length > from + 200);
      const rested = () => signal?.aborted || history.length > from + between;
      await waitFor('operations were done', rested, { timeout: 3_600_000, interval: 50 });
    };
    await flowing();
    for (const name of schedule) {
      if (history.length >= enough || signal?.aborted) break;
      onFault?.(name, history.length);
      if (freshReads === 'lease') await store.renewLeases();
      await inject(name, targets, random);
      await flowing();
    }
    await sleep(100);
    await Promise.all(clients.map((each) => each.stop()));
    await counters.finish();
    await mirrors.finish();
    return {
      ...{ history: withPresence(history), errors: recorder.errors },
      mirrored: { events: mirrors.events, compared: mirrors.compared },
      counted: counters.count,
      leases: await leases.stop(),
      faults: [
        ...recorder.violations,
        ...counters.violations(),
        ...mirrors.violations([...history, ...counters.writes]),
      ],
    };
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}
