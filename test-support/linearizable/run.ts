/** One run: a 3-member etcd, 3 store processes each behind proxies of its own, a workload and a schedule of faults. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdCluster } from '../etcd-cluster.ts';
import { ServiceProcess } from '../service-process/service-process.ts';
import { TcpProxy } from '../tcp-proxy.ts';
import { waitFor } from '../wait-for.ts';
import { faults } from './faults.ts';
import type { Operation } from './history.ts';
import { withPresence } from './presence.ts';
import { seededRandom } from './random.ts';
import { Workload } from './workload.ts';

export interface RunOptions {
  /** Names of faults, in their order; each lasts about a second. */
  readonly schedule: readonly (keyof typeof faults)[];
  readonly stale?: boolean;
  readonly seed: number;
  readonly onFault?: (name: string) => void;
}

export interface RunResult {
  readonly history: readonly Operation[];
  readonly errors: ReadonlyMap<string, number>;
}

const requestTimeout = '2500ms';
const replicaCount = 3;

export async function run({ schedule, stale = false, seed, onFault }: RunOptions): Promise<RunResult> {
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
    const workload = new Workload({ replicas, clientsPerReplica: 3, random, stale });
    cleanups.push(() => workload.stop());
    const flowing = (from: number) => waitFor('operations flow', () => workload.history.length > from + 200);
    await flowing(0);
    for (const name of schedule) {
      onFault?.(name);
      await faults[name]?.({ cluster, proxies, restartReplica }, random, 300 + random() * 1200);
      await flowing(workload.history.length);
    }
    await sleep(100);
    await workload.stop();
    return { history: withPresence(workload.history), errors: workload.errors };
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}
