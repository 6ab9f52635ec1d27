/**
 * `npm run bench:leases`: three replicas that read by lease against three that read by the barrier, on one 3-member etcd, in
 * turn in one run. Everything shares this machine, so only ratios count.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { decimal, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { beginLoad } from '../load/load.ts';
import { PacedSession } from '../load/paced.ts';
import { gets, posts, type Request } from '../load/requests.ts';
import { rateOf, type Session, type Summary } from '../load/session.ts';
import { inTurn } from '../slices/in-turn.ts';
import { processorTime } from '../slices/processor-time.ts';
import { spreadText, sum } from '../slices/statistics.ts';
import { MeasuredService, maxTxnOps } from './service.ts';

const { rounds, seconds } = scriptArguments({
  words: { rounds: wholeNumber({ default: 6, from: 1, to: 100 }), seconds: decimal({ default: 2, from: 0.1, to: 60 }) },
});
const replicas = 3;
const keys = 1000;
/** Milliseconds of the same load before the first slice: a lease is taken or left, and code is compiled. */
const warmUp = 6000;
const ways = ['barrier', 'lease'] as const;
type Way = (typeof ways)[number];

const paths = Array.from({ length: keys }, (_, i) => `key-${i}`);
const bodies = paths.map((path) => `{"${path}":"a value of some twenty bytes"}`);
const reads = gets(paths.map((path) => `/get/${path}`));
const sets = posts('/set', bodies);
const mixed = paths.flatMap((_, i) => (i % 20 === 19 ? (sets[i] ?? []) : (reads[i] ?? [])));

interface Row {
  readonly what: string;
  readonly callers: number;
  readonly requests: readonly Request[];
}

const rows: readonly Row[] = [
  { what: 'reads', callers: 50, requests: reads },
  { what: 'dumps', callers: 50, requests: gets(['/']) },
  { what: '95 reads, 5 sets', callers: 50, requests: mixed },
  { what: 'sets', callers: 50, requests: sets },
  { what: 'sets', callers: 200, requests: sets },
];

interface Seen {
  readonly rate: number;
  /** Microseconds of the processor for a request, of the replicas and of etcd. */
  readonly service: number;
  readonly etcd: number;
  /** Calls to etcd for a request. */
  readonly calls: number;
}

const cluster = await EtcdCluster.start({ size: 3, unsafeNoFsync: false, flags: [`--max-txn-ops=${maxTxnOps}`] });
const groups: Record<Way, MeasuredService[]> = { barrier: [], lease: [] };
try {
  for (const way of ways) {
    for (let i = 0; i < replicas; i++) groups[way].push(await start(way));
    const body = `{${bodies.map((each) => each.slice(1, -1)).join(',')}}`;
    await fetch(`http://127.0.0.1:${groups[way][0]?.port}/set`, { method: 'POST', body });
  }
  const table: object[] = [];
  for (const row of rows) table.push(await compared(row));
  console.table(table);
  console.table(await evenly());
} finally {
  await Promise.all(ways.flatMap((way) => groups[way].map((service) => service.stop())));
  await cluster.stop();
}

async function start(way: Way): Promise<MeasuredService> {
  const [peer = 0] = await freePorts(1);
  const settings = {
    ...{ KV_ETCD_PREFIX: `/${way}/`, KV_FRESH_READS: way },
    ...{ KV_PEER_PORT: String(peer), KV_PEER_ADDRESS: `127.0.0.1:${peer}` },
  };
  return MeasuredService.start(cluster.endpoints, undefined, settings);
}

async function compared({ what, callers, requests }: Row): Promise<object> {
  const connections = Math.round(callers / replicas);
  const sessions = await Promise.all(
    ways.map((way) => Promise.all(groups[way].map(({ port }) => beginLoad({ port, requests, connections })))),
  );
  const candidates = ways.map((way, i) => (length: number) => slice(way, sessions[i] ?? [], length));
  for (const candidate of candidates) await candidate(warmUp);
  const [barrier = [], lease = []] = await inTurn(candidates, rounds, seconds * 1000);
  const ended = await Promise.all(sessions.flat().map((session) => session.end()));
  const ratios = (figure: keyof Seen) => lease.map((seen, i) => seen[figure] / (barrier[i]?.[figure] ?? Number.NaN));
  const figures = (seen: readonly Seen[], figure: keyof Seen, digits: number) =>
    spreadText(
      seen.map((each) => each[figure]),
      digits,
    );
  return {
    ...{ what, callers, errors: sum(ended.map(({ errors }) => errors)) },
    'a second, barrier': figures(barrier, 'rate', 0),
    'a second, lease': figures(lease, 'rate', 0),
    ratio: spreadText(ratios('rate'), 2),
    'us of a request, barrier': `${figures(barrier, 'service', 0)}, etcd ${figures(barrier, 'etcd', 0)}`,
    'us of a request, lease': `${figures(lease, 'service', 0)}, etcd ${figures(lease, 'etcd', 0)}`,
    'range calls a request': `${figures(barrier, 'calls', 3)}; ${figures(lease, 'calls', 3)}`,
  };
}

async function slice(way: Way, sessions: readonly Session[], length: number): Promise<Seen> {
  const services = groups[way];
  const calls = async () => sum(await Promise.all(services.map((service) => service.etcdCalls('range'))));
  const pids = services.map(({ pid }) => pid);
  const members = cluster.members.map(({ pid }) => pid);
  const before = [await calls(), processorTime(pids), processorTime(members)] as const;
  const slices = await Promise.all(sessions.map((session) => session.slice(length)));
  const after = [processorTime(pids), processorTime(members), await calls()] as const;
  const answers = sum(slices.map((each) => each.answers));
  return {
    rate: sum(slices.map((each) => rateOf([each]))),
    service: (after[0] - before[1]) / answers,
    etcd: (after[1] - before[2]) / answers,
    calls: (after[2] - before[0]) / answers,
  };
}

/** `GET /` at 500 a second by 50 connections, spread evenly: what a client waits for while nothing else is done. */
async function evenly(): Promise<object[]> {
  const kinds: readonly [string, Way, string][] = [
    ['fresh, barrier', 'barrier', '/'],
    ['fresh, lease', 'lease', '/'],
    ['stale', 'lease', '/?consistency=stale'],
  ];
  // Until replicas that were written are known as ones that are read, and have leases.
  await paced('lease', '/', 2 * warmUp);
  const seen = kinds.map((): { p50: number[]; p99: number[] } => ({ p50: [], p99: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, [, way, path]] of kinds.entries()) {
      const ended = await paced(way, path, seconds * 1000);
      seen[i]?.p50.push(Math.max(...ended.map(({ p50 }) => p50)));
      seen[i]?.p99.push(Math.max(...ended.map(({ p99 }) => p99)));
      await sleep(500);
    }
  }
  return kinds.map(([what], i) => ({
    what,
    'p50 ms': spreadText(seen[i]?.p50 ?? [], 2),
    'p99 ms': spreadText(seen[i]?.p99 ?? [], 2),
  }));
}

async function paced(way: Way, path: string, milliseconds: number): Promise<Summary[]> {
  const options = { requests: gets([path]), connections: Math.round(50 / replicas), rate: 500 / replicas };
  const sessions = groups[way].map(({ port }) => new PacedSession({ port, ...options }));
  await Promise.all(sessions.map((session) => session.slice(milliseconds)));
  const ended = await Promise.all(sessions.map((session) => session.end()));
  if (ended.some(({ errors }) => errors > 0)) throw new Error('A request failed.');
  return ended;
}
