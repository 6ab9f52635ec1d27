/**
 * `node bench/etcd/first-sync.ts [keys]`: how long a replica of a million keys takes to become ready the first time and
 * after a restart with its index kept, the longest pause of its event loop, and its memory.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { openEtcdStore } from '../../service/src/store/etcd/etcd-store.ts';
import { etcdDefaults } from '../../service/src/store/etcd/options.ts';
import { storeMetrics } from '../../service/src/store/store-metrics.ts';
import { wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { waitFor } from '../../test-support/wait-for.ts';

const { keys } = scriptArguments({ words: { keys: wholeNumber({ default: 1_000_000, from: 1 }) } });
const perSet = 2000;
const limits = { maxTxnOps: perSet + 1, maxRequestBytes: 4 << 20 };
const directory = await mkdtemp(join(tmpdir(), 'kvstore-bench-'));
const cluster = await EtcdCluster.start({
  flags: [`--max-txn-ops=${limits.maxTxnOps}`, `--max-request-bytes=${limits.maxRequestBytes}`],
});

async function open(name: string) {
  const registry = new Registry();
  const store = await openEtcdStore({
    ...{ ...etcdDefaults, ...limits, endpoints: cluster.endpoints, dataDir: join(directory, name), registry },
    metrics: storeMetrics(registry),
    log: { info() {}, warn: console.error, error: console.error },
  });
  await waitFor('the store is ready', () => store.notReady() === undefined, { timeout: 300_000 });
  return store;
}

try {
  const filler = await open('filler');
  for (let i = 0; i < keys; i += perSet) {
    const pairs = Array.from({ length: perSet }, (_, j) => {
      return { key: `user/${(i + j) % 97}/${i + j}`, value: `{"id":${i + j},"name":"some name ${i + j}"}` };
    });
    await filler.set(pairs);
  }
  await filler.close();
  for (const round of ['first sync', 'restart with the index kept']) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const start = performance.now();
    const store = await open('replica');
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    await store.barrier();
    const pause = Math.round(delay.max / 1e6);
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(`${round}: ${keys} keys, ready after ${seconds} s; longest pause ${pause} ms; resident ${memory} MiB`);
    await store.close();
  }
} finally {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
}
