/** A child process with an etcd store of its own; its parent sends it operations. */
import { Registry } from 'prom-client';
import { Problem } from '../../service/src/errors.ts';
import { openEtcdStore } from '../../service/src/store/etcd/etcd-store.ts';
import { etcdDefaults } from '../../service/src/store/etcd/options.ts';
import type { Pair } from '../../service/src/store/store.ts';
import { storeMetrics } from '../../service/src/store/store-metrics.ts';

export interface Call {
  readonly id: number;
  /** Pairs to set; or else keys to read. */
  readonly set?: readonly Pair[];
  readonly get?: readonly string[];
  /** Read without the barrier. */
  readonly stale?: boolean;
}

export interface Answer {
  readonly id: number;
  readonly values?: readonly (string | null)[];
  /** The code of a Problem, or a text. */
  readonly error?: string;
}

const { ETCD_ENDPOINTS = '', DATA_DIR = '', REQUEST_TIMEOUT = '' } = process.env;
const registry = new Registry();
const log = { info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) };
const store = await openEtcdStore({
  ...etcdDefaults,
  endpoints: ETCD_ENDPOINTS.split(','),
  dataDir: DATA_DIR,
  requestTimeout: Number(REQUEST_TIMEOUT),
  registry,
  metrics: storeMetrics(registry),
  log,
});

async function answer({ id, set, get = [], stale = false }: Call): Promise<Answer> {
  try {
    if (set !== undefined) {
      await store.set(set);
      return { id };
    }
    if (!stale) await store.barrier();
    return { id, values: get.map((key) => store.get(key)?.value ?? null) };
  } catch (error) {
    return { id, error: error instanceof Problem ? error.code : String(error) };
  }
}

process.on('message', (call: Call) => {
  if (store.notReady() !== undefined) process.send?.({ id: call.id, error: 'unavailable' });
  else void answer(call).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0 });
