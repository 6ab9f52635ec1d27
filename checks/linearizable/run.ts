/** One run: a 3-member etcd, 3 store processes each behind proxies of its own, a workload and a schedule of faults. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { seededRandom } from '../../test-support/seeded-random.ts';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { TcpProxy } from '../../test-support/tcp-proxy.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { Counters } from './counters.ts';
import { faults } from './faults.ts';
import { HotKeys } from './hot-keys.ts';
import { Mirrors } from './mirror/mirrors.ts';
import type { Operation } from './operation.ts';
import { withPresence } from './presence.ts';
import { Recorder } from './recorder.ts';
import { Workload } from './workload.ts';

export interface RunOptions {
  /** Names of faults, in their order; each lasts about a second. */
  readonly schedule: Iterable<keyof typeof faults>;
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
  /** What is wrong in any order of the operations, one text each. */
  readonly faults: readonly string[];
}

const requestTimeout = '2500ms';
const replicaCount = 3;

export async function run(options: RunOptions): Promise<RunResult> {
  const { schedule, stale = false, seed, onFault, teams = 1, between = 200, enough = Infinity, signal } = options;
  const random = seededRandom(seed);
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    const cluster = await EtcdCluster.start({ size: 3 });
    cleanups.push(() => cluster.stop());
    const directory = await mkdtemp(join(tmpdir(), 'kvstore-linearizable-'));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    const proxies: TcpProxy[][] = [];
    const replicas: ServiceProcess[] = [];
    cleanups.push(() => Promise.all(replicas.map((replica) => replica.kill())));
    const start = async (i: number) => {
      const endpoints = proxies[i]?.map(({ port }) => `http://127.0.0.1:${port}`) ?? [];
      replicas[i] = await ServiceProcess.start({
        endpoints,
        dataDir: join(directory, String(i)),
        settings: { KV_REQUEST_TIMEOUT: requestTimeout },
      });
    };
    for (let i = 0; i < replicaCount; i++) {
      const own = await Promise.all(cluster.members.map(({ port }) => TcpProxy.start(port)));
      cleanups.push(() => Promise.all(own.map((proxy) => proxy.close())));
      proxies.push(own);
      await start(i);
    }
    const restartReplica = async (i: number, keepIndex: boolean) => {
      await replicas[i]?.kill();
      if (!keepIndex) await rm(join(directory, String(i)), { recursive: true, force: true });
      await start(i);
    };
    const recorder = new Recorder({ stale });
    const clients: { stop(): Promise<void> }[] = [
      new Workload({ recorder, replicas, clientsPerReplica: 3, random }),
      ...Array.from({ length: teams }, (_, team) => {
        return new HotKeys({ recorder, replicas, perReplica: 5, random: seededRandom(seed + 1 + team), team, rest: 4 });
      }),
    ];
    const counters = new Counters({ replicas, clientsPerReplica: 4, random: seededRandom(seed + 50) });
    clients.push(counters);
    cleanups.push(() => Promise.all(clients.map((each) => each.stop())));
    // Their numbers are their own, so that each series is the same however fast the others are.
    const numbers = (i: number) => seededRandom(seed + 100 + i);
    const mirrors = new Mirrors({ replicas, random: numbers, prefixes: ['', '', 'hot-'] });
    cleanups.push(() => mirrors.stop());
    const { history } = recorder;
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
      await faults[name]?.({ cluster, proxies, restartReplica }, random, 300 + random() * 1200);
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
