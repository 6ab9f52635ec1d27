/**
 * `npm run bench:etcd`: linearizable reads and sets through the service against the same calls made directly with the
 * etcd client, on one 3-member cluster, side by side in one run. Everything shares this machine, so only ratios count.
 */
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { direct } from './direct.ts';
import { HttpConnection } from './http-connection.ts';
import { type Load, load } from './load.ts';
import { MeasuredService, maxTxnOps } from './service.ts';

const seconds = Number(process.argv[2] ?? 5);
const keys = 1000;
const key = (count: number) => `key-${count % keys}`;
const value = '"a value of some twenty bytes"';

interface Row {
  readonly what: string;
  readonly callers: number;
  readonly load: Load;
  readonly ratio?: string;
  readonly p50ratio?: string;
  readonly etcdCalls?: string;
}

const rows: Row[] = [];
const cluster = await EtcdCluster.start({ size: 3, unsafeNoFsync: false, flags: [`--max-txn-ops=${maxTxnOps}`] });
const services: MeasuredService[] = [];
try {
  const etcd = direct(cluster.endpoints);
  const first = await MeasuredService.start(cluster.endpoints);
  services.push(first);
  const filler = new HttpConnection(first.port);
  for (let i = 0; i < keys; i++) {
    await etcd.set(key(i), value);
    await filler.post('/set', `{"${key(i)}":${value}}`);
  }
  filler.close();
  const milliseconds = seconds * 1000;
  for (const kind of ['read', 'set'] as const) {
    for (const callers of [50, 200]) {
      const call =
        kind === 'read'
          ? (_: number, n: number) => etcd.read(key(n))
          : (_: number, n: number) => etcd.set(key(n), value);
      for (const service of services.splice(0)) await service.stop();
      const base = await load(callers, milliseconds, call);
      rows.push({ what: `${kind} direct`, callers, load: base });
      for (const count of [1, 3]) {
        // Only those that are measured run: each one that follows etcd takes its share of the machine.
        while (services.length < count) services.push(await MeasuredService.start(cluster.endpoints));
        for (const extra of services.splice(count)) await extra.stop();
        const result = await through(services, kind, callers, milliseconds);
        rows.push({
          ...{ what: `${kind} through ${count}`, callers, load: result.load, etcdCalls: result.etcdCalls },
          ratio: (result.load.rate / base.rate).toFixed(2),
          p50ratio: (result.load.p50 / base.p50).toFixed(2),
        });
      }
    }
  }
  etcd.close();
} finally {
  await Promise.all(services.map((service) => service.stop()));
  await cluster.stop();
}
console.table(
  rows.map(({ what, callers, load: { rate, p50, p99, errors }, ratio, p50ratio, etcdCalls }) => ({
    ...{ what, callers, 'per second': Math.round(rate), 'p50 ms': p50.toFixed(2), 'p99 ms': p99.toFixed(2), errors },
    ...{ 'x direct': ratio ?? '', 'p50 / direct': p50ratio ?? '', 'etcd calls': etcdCalls ?? '' },
  })),
);

/** Calls spread over the services; `etcdCalls`: what they made to etcd, a second and per HTTP request. */
async function through(
  through: readonly MeasuredService[],
  kind: 'read' | 'set',
  callers: number,
  milliseconds: number,
) {
  const connections = Array.from(
    { length: callers },
    (_, i) => new HttpConnection((through[i % through.length] as MeasuredService).port),
  );
  const etcdCall = kind === 'read' ? 'range' : 'txn';
  const sum = async () => {
    const counts = await Promise.all(through.map((service) => service.etcdCalls(etcdCall)));
    return counts.reduce((total, count) => total + count, 0);
  };
  const before = await sum();
  let requests = 0;
  const start = performance.now();
  const result = await load(callers, milliseconds, (caller, count) => {
    requests++;
    const connection = connections[caller] as HttpConnection;
    return kind === 'read'
      ? connection.get(`/get/${key(count)}`)
      : connection.post('/set', `{"${key(count)}":${value}}`);
  });
  const calls = (await sum()) - before;
  const elapsed = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  return { load: result, etcdCalls: `${Math.round(calls / elapsed)}/s, ${(calls / requests).toFixed(3)} a request` };
}
