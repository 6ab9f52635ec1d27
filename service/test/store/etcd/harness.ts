/** Opens etcd stores for tests, with everything they need, and cleans up behind them. */
import { Problem } from '@kvstore/core/problem.ts';
import type { ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { type EtcdStore, openEtcdStore } from '../../../src/store/etcd/etcd-store.ts';
import { etcdDefaults } from '../../../src/store/etcd/options.ts';
import type { PeerOptions } from '../../../src/store/etcd/readers/peers.ts';
import type { Store } from '../../../src/store/store.ts';
import { storeMetrics } from '../../../src/store/store-metrics.ts';

export interface Opened {
  readonly store: EtcdStore;
  readonly registry: Registry;
  readonly dataDir: string;
  readonly logged: string[];
}

let prefixes = 0;

/** A prefix that no other test of this process has. */
export function newPrefix(): string {
  return `/test-${++prefixes}/`;
}

/** `done`, or how it failed: a Problem by its code. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );
}

/** Opens a store and closes it at the end of the test. */
export async function open(
  t: ExecutionContext,
  options: Partial<PeerOptions> & { readonly endpoints: readonly string[] },
): Promise<Opened> {
  const registry = new Registry();
  const logged: string[] = [];
  const line = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const dataDir = options.dataDir ?? temporaryFolder(t);
  const store = await openEtcdStore({
    ...etcdDefaults,
    // A test of durations sets its own: the others must not fail because the machine is busy.
    requestTimeout: 30_000,
    registry,
    metrics: storeMetrics(registry),
    log: { info: line, warn: line, error: line },
    ...options,
    dataDir,
  });
  let closed = false;
  const close = store.close.bind(store);
  store.close = async () => {
    closed = true;
    await close();
  };
  t.teardown(async () => {
    if (!closed) await store.close();
  });
  return { store, registry, dataDir, logged };
}

export async function openReady(...args: Parameters<typeof open>): Promise<Opened> {
  const opened = await open(...args);
  await ready(opened.store);
  return opened;
}

export async function ready(store: Store): Promise<void> {
  await waitFor('the store is ready', () => store.notReady() === undefined);
}

/** What a linearizable read of the key answers. */
export async function read(store: Store, key: string): Promise<string | undefined> {
  await store.barrier();
  return store.get(key)?.value;
}

/** The value of a metric's one series, or of that with these labels. */
export async function metric(registry: Registry, name: string, labels: Record<string, string> = {}): Promise<number> {
  const found = await registry.getSingleMetric(name)?.get();
  const wanted = Object.entries(labels);
  const series = found?.values.filter((value) => {
    const own = value.labels as Record<string, unknown>;
    return wanted.every(([label, text]) => own[label] === text);
  });
  return series?.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN;
}

export function pairsOf(store: Store): Record<string, string> {
  return Object.fromEntries([...store.pairs({})].map(({ key, value }) => [key, value]));
}
