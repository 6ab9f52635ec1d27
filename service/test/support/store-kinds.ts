/** The kinds of store that the HTTP contract holds for; a kind more is an entry more in the list. */
import test, { type ExecutionContext } from 'ava';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import { findBinary } from '../../../test-support/programs/binaries.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Clock } from '../../src/store/clock.ts';
import { commitMetrics } from '../../src/store/embedded/commit-metrics.ts';
import { EmbeddedStore } from '../../src/store/embedded/embedded.ts';
import type { HistoryLimits } from '../../src/store/embedded/history.ts';
import { type EtcdStore, openEtcdStore } from '../../src/store/etcd/etcd-store.ts';
import { etcdDefaults, type FreshReadsBy } from '../../src/store/etcd/options.ts';
import type { Store } from '../../src/store/store.ts';
import { storeMetrics } from '../../src/store/store-metrics.ts';

export interface StoreParts {
  readonly registry: Registry;
  readonly log: Logger;
  readonly clock?: Clock;
  /** How far back a watch of the embedded store can begin. */
  readonly history?: HistoryLimits;
}

export interface StoreKind {
  readonly name: string;
  /** Pairs that one set may have; undefined: as many as a body holds. */
  readonly maxPairs: number | undefined;
  /** Bytes of pairs that one set may have; undefined: as many as a body holds. */
  readonly maxSetBytes: number | undefined;
  /** Opens an empty store. What it needs is removed at the test's end, after the store was closed. */
  open(t: ExecutionContext, parts: StoreParts): Promise<Store>;
}

const embedded: StoreKind = {
  name: 'embedded',
  maxPairs: undefined,
  maxSetBytes: undefined,
  async open(t, { registry, clock, history }) {
    const directory = temporaryFolder(t);
    return new EmbeddedStore({
      directory,
      metrics: { ...storeMetrics(registry), ...commitMetrics(registry) },
      ...(clock === undefined ? {} : { clock }),
      ...(history === undefined ? {} : { history }),
    });
  },
};

/** One member for a test file, started by its first test; each test has a prefix of its own. */
let cluster: Promise<EtcdCluster> | undefined;
let prefixes = 0;

const etcd: StoreKind = {
  name: 'etcd',
  maxPairs: etcdDefaults.maxTxnOps - 1,
  // What is left of etcd's limit for requests when the transaction's own parts are taken off it.
  maxSetBytes: etcdDefaults.maxRequestBytes - 512,
  open: (t, parts) => openEtcd(t, parts, 'barrier'),
};

/** The same contract holds for a replica that reads by a lease. */
const etcdByLease: StoreKind = {
  ...etcd,
  name: 'etcd, by lease',
  async open(t, parts) {
    const store = await openEtcd(t, parts, 'lease');
    await waitFor('a lease', async () => {
      for (let i = 0; i < 10; i++) await store.barrier();
      return store.barrier() === undefined;
    });
    return store;
  },
};

async function openEtcd(
  t: ExecutionContext,
  { registry, log, clock }: StoreParts,
  freshReads: FreshReadsBy,
): Promise<EtcdStore> {
  cluster ??= EtcdCluster.start();
  const { endpoints } = await cluster;
  const store = await openEtcdStore({
    ...etcdDefaults,
    // Many stores at once on a busy machine: what is tested here is not how long etcd takes.
    requestTimeout: 30_000,
    endpoints,
    prefix: `/contract-${++prefixes}/`,
    dataDir: temporaryFolder(t),
    registry,
    metrics: storeMetrics(registry),
    log,
    freshReads,
    peerAddress: '127.0.0.1',
    ...(clock === undefined ? {} : { clock }),
  });
  await waitFor('the first sync', () => store.notReady() === undefined);
  return store;
}

/** Without an etcd to start, its kind is left out (which is said before the tests, and fails in CI). */
export const storeKinds: readonly StoreKind[] = findBinary('etcd') === undefined ? [embedded] : [embedded, etcd];

test.after.always('end the etcd', async () => {
  await (await cluster)?.stop();
});

/** Registers a test once for each kind of store. KV_TEST_LEASES=no leaves reads by lease to another run (ava.leases.config.js). */
export function contractTest(title: string, run: (t: ExecutionContext, kind: StoreKind) => Promise<void>): void {
  const byLease = storeKinds.includes(etcd) && process.env.KV_TEST_LEASES !== 'no';
  const kinds = byLease ? [...storeKinds, etcdByLease] : storeKinds;
  for (const kind of kinds) test(`${kind.name}: ${title}`, (t) => run(t, kind));
}
