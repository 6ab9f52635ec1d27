/**
 * `npm run bench:etcd`: linearizable reads and sets through the service against the same calls made directly with the
 * etcd client, on one 3-member cluster, side by side in one run. Everything shares this machine, so only ratios count.
 */
import { decimal } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { beginLoad } from '../load/load.ts';
import { gets, posts } from '../load/requests.ts';
import { rateOf } from '../load/session.ts';
import { median, sum } from '../slices/statistics.ts';
import { direct } from './direct.ts';
import { type Load, load } from './load.ts';
import { atBest, MeasuredService, maxTxnOps } from './service.ts';

const { seconds } = scriptArguments({ words: { seconds: decimal({ default: 5, from: 0.1, to: 600 }) } });
/** Seconds of the same load before each measurement: connections, and code that the engine has compiled. */
const warmUp = 3;
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
  for (let i = 0; i < keys; i++) await etcd.set(key(i), value);
  const pairs = Array.from({ length: keys }, (_, i) => `"${key(i)}":${value}`);
  await fetch(`http://127.0.0.1:${first.port}/set`, { method: 'POST', body: `{${pairs.join(',')}}` });
  const milliseconds = seconds * 1000;
  for (const kind of ['read', 'set'] as const) {
    for (const callers of [50, 200]) {
      const call =
        kind === 'read'
          ? (_: number, n: number) => etcd.read(key(n))
          : (_: number, n: number) => etcd.set(key(n), value);
      for (const service of services.splice(0)) await service.stop();
      await load(callers, warmUp * 1000, call);
      const base = await load(callers, milliseconds, call);
      rows.push({ what: `${kind} direct`, callers, load: base });
      const compared = async (what: string) => {
        const result = await through(services, kind, callers);
        rows.push({
          ...{ what, callers, load: result.load, etcdCalls: result.etcdCalls },
          ratio: (result.load.rate / base.rate).toFixed(2),
          p50ratio: (result.load.p50 / base.p50).toFixed(2),
        });
      };
      // Only those that are measured run: each one that follows etcd takes its share of the machine.
      if (kind === 'set') {
        services.push(await MeasuredService.start(cluster.endpoints, atBest));
        await compared('set at best');
        await services.pop()?.stop();
      }
      for (const count of [1, 3]) {
        while (services.length < count) services.push(await MeasuredService.start(cluster.endpoints));
        await compared(`${kind} through ${count}`);
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
  services: readonly MeasuredService[],
  kind: 'read' | 'set',
  callers: number,
): Promise<{ load: Load; etcdCalls: string }> {
  const paths = Array.from({ length: keys }, (_, i) => key(i));
  const requests =
    kind === 'read'
      ? gets(paths.map((path) => `/get/${path}`))
      : posts(
          '/set',
          paths.map((path) => `{"${path}":${value}}`),
        );
  const connections = Math.round(callers / services.length);
  // What loads must take little of the machine that all of them share, so it is no process of Node.js where wrk is there.
  const sessions = await Promise.all(services.map(({ port }) => beginLoad({ port, requests, connections })));
  const run = (duration: number) => Promise.all(sessions.map((session) => session.slice(duration * 1000)));
  const etcdCall = kind === 'read' ? 'range' : 'txn';
  const etcdCalls = async () => sum(await Promise.all(services.map((service) => service.etcdCalls(etcdCall))));
  await run(warmUp);
  const before = await etcdCalls();
  const start = performance.now();
  const slices = await run(seconds);
  const calls = (await etcdCalls()) - before;
  const elapsed = (performance.now() - start) / 1000;
  const seen = await Promise.all(sessions.map((session) => session.end()));
  const rate = sum(slices.map((slice) => rateOf([slice])));
  return {
    load: {
      ...{ rate, errors: sum(seen.map(({ errors }) => errors)), calls: sum(slices.map(({ answers }) => answers)) },
      // Of the services, the middle one and the worst.
      p50: median(seen.map(({ p50 }) => p50)),
      p99: Math.max(...seen.map(({ p99 }) => p99)),
    },
    etcdCalls: `${Math.round(calls / elapsed)}/s, ${(calls / elapsed / rate).toFixed(3)} a request`,
  };
}
