/**
 * What a fresh read of all pairs costs through the Ingress, by the barrier and by lease, against a stale one: `npm run
 * e2e:reads -- [ROUNDS] [SECONDS]`, each way in turn. Prints a table. Needs what the end-to-end tests need.
 */
import { spreadText, sum } from '../../bench/slices/statistics.ts';
import { decimal, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { send } from '../support/client.ts';
import { fortio } from '../support/fortio.ts';
import { createKvStore, type KvStoreHandle, withNamespace } from '../support/kvstore.ts';
import { allHoldLeases, metricOf } from '../support/metrics.ts';
import { installOperator } from '../support/operator.ts';

const { rounds, seconds } = scriptArguments({
  words: { rounds: wholeNumber({ default: 3, from: 1 }), seconds: decimal({ default: 20, from: 1 }) },
});

interface Slice {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time of the service's and of etcd's pods, for each request. */
  readonly service: number;
  readonly etcd: number;
}

await installOperator();
await withNamespace(async (namespace) => {
  const barrier = await createKvStore(namespace, { freshReads: 'barrier' }, 'barrier');
  const lease = await createKvStore(namespace, { freshReads: 'lease' }, 'lease');
  const ways = [
    { name: 'stale', store: barrier, query: '?consistency=stale' },
    { name: 'by lease', store: lease, query: '' },
    { name: 'by the barrier', store: barrier, query: '' },
  ];
  for (const store of [barrier, lease]) await send(store, 'POST', '/set', JSON.stringify({ a: 1, b: 'two' }));
  // Processes that have served: a fresh one compiles while it serves.
  for (const { store, query } of ways) await fortio(store, seconds, { uniform: true, query });
  const loads = [{ uniform: true }, { uniform: false }];
  const slices = new Map<string, Slice[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { uniform } of loads) {
      for (const { name, store, query } of ways) {
        if (store === lease) await waitFor('each replica has a lease', leasesWhileRead, { timeout: 60_000 });
        const key = keyOf(uniform, name);
        slices.set(key, [...(slices.get(key) ?? []), await slice(store, uniform, query)]);
      }
    }
  }

  const heads = ['', 'p50 ms', 'of stale', 'p99 ms', 'of stale', 'us of the service a read', 'us of etcd a read'];
  process.stdout.write(`| ${heads.join(' | ')} |\n|${'---|'.repeat(heads.length)}\n`);
  for (const { uniform } of loads) {
    const stale = slices.get(keyOf(uniform, 'stale')) ?? [];
    for (const { name } of ways) print(keyOf(uniform, name), slices.get(keyOf(uniform, name)) ?? [], stale);
  }

  /** A replica lets its lease go when nothing reads from it. */
  async function leasesWhileRead(): Promise<boolean> {
    await fortio(lease, 2, { uniform: true });
    return allHoldLeases(lease);
  }
});

function keyOf(uniform: boolean, name: string): string {
  return `${uniform ? 'evenly spread' : 'in bursts'}, ${name}`;
}

async function slice(store: KvStoreHandle, uniform: boolean, query: string): Promise<Slice> {
  const before = await processorTime(store);
  const { codes, p50, p99 } = await fortio(store, seconds, { uniform, query });
  const after = await processorTime(store);
  const others = Object.keys(codes).filter((code) => code !== '200');
  if (others.length > 0) throw new Error(`Answers other than 200: ${JSON.stringify(codes)}`);
  const each = 1e6 / sum(Object.values(codes));
  return { p50, p99, service: (after.service - before.service) * each, etcd: (after.etcd - before.etcd) * each };
}

/** Seconds since the pods' processes began, of all pods together. */
async function processorTime(store: KvStoreHandle): Promise<{ service: number; etcd: number }> {
  const total = async (pods: readonly { readonly name: string }[], port: number) =>
    sum(await Promise.all(pods.map(({ name }) => metricOf(store.namespace, name, 'process_cpu_seconds_total', port))));
  return { service: await total(await store.servicePods(), 8080), etcd: await total(await store.etcdPods(), 2381) };
}

function print(name: string, slices: readonly Slice[], stale: readonly Slice[]): void {
  const figure = (of: keyof Slice, digits: number) =>
    spreadText(
      slices.map((slice) => slice[of]),
      digits,
    );
  const ratio = (of: keyof Slice) =>
    spreadText(
      slices.map((slice, i) => slice[of] / (stale[i] ?? slice)[of]),
      2,
    );
  const times = [figure('p50', 1), ratio('p50'), figure('p99', 1), ratio('p99')];
  process.stdout.write(`| ${[name, ...times, figure('service', 0), figure('etcd', 0)].join(' | ')} |\n`);
}
