/**
 * What the caches are judged on: YCSB's workloads B, C and D (https://github.com/brianfrankcooper/YCSB/wiki/Core-Workloads),
 * and reads of many keys beside 1 and 100 writes a second. Records are chosen by a zipfian distribution, those that are
 * written, too.
 */
import { seededRandom } from '../../test-support/seeded-random.ts';
import type { Request } from '../load/requests.ts';
import { groupSize, keyOf, prefixOf } from '../speed/data.ts';
import { scrambled, zipfian } from './zipfian.ts';

export interface Workload {
  readonly name: string;
  readonly what: string;
  /** Pairs before it begins. */
  readonly pairs: number;
  readonly requests: () => readonly Request[];
  /** Sets beside the requests, a second; 0: what it writes is among them. */
  readonly writes: number;
  /** Clients that each send one request after the other, when throughput is measured. */
  readonly clients: number;
  /** Requests a second when latency is measured: the service is far from full with and without each cache. */
  readonly rate: number;
}

export const few = 10_000;
export const many = 1_000_000;

/** Requests of a workload, which begin anew when all have been sent: as many as it has in all rounds, about. */
const length = 300_000;
/** Of YCSB's B and D: one request in so many is a write. */
const writeEvery = 20;
/** Records that D inserts before one of them is read: it has been answered by then. */
const settled = 100;

/** One field of a YCSB record, as JSON. */
export const value = JSON.stringify('v'.repeat(100));

export const setOf = (n: number): string => `{"${keyOf(n)}":${value}}`;
const read = (n: number): Request => ({ path: `/get/${keyOf(n)}` });
const write = (n: number): Request => ({ path: '/set', body: setOf(n) });

function readsOf(pairs: number): readonly Request[] {
  const next = scrambled(pairs, seededRandom(1));
  return Array.from({ length }, () => read(next()));
}

function readsAndUpdates(pairs: number): readonly Request[] {
  const next = scrambled(pairs, seededRandom(2));
  return Array.from({ length }, (_, i) => (i % writeEvery === 0 ? write(next()) : read(next())));
}

/** The newest records are read most. */
function readsOfLatest(pairs: number): readonly Request[] {
  const back = zipfian(pairs, seededRandom(3));
  let end = pairs;
  return Array.from({ length }, (_, i) =>
    i % writeEvery === 0 ? write(end++) : read(Math.max(0, end - 1 - settled - back())),
  );
}

function manyOf(pairs: number, keys: number): readonly Request[] {
  const next = scrambled(pairs, seededRandom(4));
  const body = () => JSON.stringify(Array.from({ length: keys }, () => keyOf(next())));
  return Array.from({ length: length / keys }, (_, i) =>
    i % writeEvery === 0 ? write(next()) : { path: '/get', body: body() },
  );
}

export function searches(pairs: number, more = '', headers = {}): readonly Request[] {
  const next = scrambled(Math.floor(pairs / groupSize), seededRandom(5));
  return Array.from({ length }, () => ({ path: `/search?prefix=${prefixOf(next())}${more}`, headers }));
}

/** Sets of records that are chosen as those of the searches are. */
export function writesBeside(pairs: number): readonly string[] {
  const next = scrambled(Math.floor(pairs / groupSize), seededRandom(6));
  return Array.from({ length: 10_000 }, (_, i) => setOf(next() * groupSize + (i % groupSize)));
}

const zstd = { 'Accept-Encoding': 'zstd' };
const lines = { Accept: 'application/x-ndjson' };
const dumpIn = (headers: Readonly<Record<string, string>>) => () => [{ path: '/', headers }];

/** The same requests beside few and beside many writes. */
function beside(
  name: string,
  what: string,
  { requests, ...load }: Pick<Workload, 'clients' | 'rate' | 'requests'>,
): readonly Workload[] {
  return [1, 100].map((writes) => ({
    name: `${name}-w${writes}`,
    what: `${what}, ${writes} ${writes === 1 ? 'write' : 'writes'} a second`,
    ...{ pairs: few, requests, writes, ...load },
  }));
}

/** YCSB's, over few and over many keys. */
function ycsb(name: string, what: string, requests: (pairs: number) => readonly Request[]): readonly Workload[] {
  return [
    { name: `${name}-10k`, pairs: few },
    { name: `${name}-1m`, pairs: many },
  ].map(({ name, pairs }) => ({
    ...{ name, pairs, writes: 0, clients: 50, rate: 2000 },
    what: `${what}, ${pairs.toLocaleString('en-US')} keys`,
    requests: () => requests(pairs),
  }));
}

export const workloads: readonly Workload[] = [
  ...ycsb('b', 'YCSB B: 95% reads, 5% updates', readsAndUpdates),
  ...ycsb('c', 'YCSB C: reads only', readsOf),
  ...ycsb('d', 'YCSB D: 95% reads of the latest, 5% inserts', readsOfLatest),
  {
    name: 'batch-10k',
    what: '95% `POST /get` of 10 keys, 5% updates, 10,000 keys',
    ...{ pairs: few, requests: () => manyOf(few, 10), writes: 0, clients: 50, rate: 1000 },
  },
  ...beside('search', '`GET /search?prefix=`, 11 keys', { clients: 50, rate: 2000, requests: () => searches(few) }),
  ...beside('values', '`GET /search?prefix=&values=true`, 11 pairs', {
    ...{ clients: 50, rate: 1000, requests: () => searches(few, '&values=true') },
  }),
  ...beside('values-zstd', '`GET /search?prefix=&values=true` in zstd, 11 pairs', {
    ...{ clients: 50, rate: 500, requests: () => searches(few, '&values=true', zstd) },
  }),
  // Few clients: a dump that is not kept takes milliseconds of the processor.
  ...beside('dump', '`GET /`, 10,000 pairs', { clients: 5, rate: 50, requests: dumpIn({}) }),
  ...beside('lines', '`GET /` as JSON Lines', { clients: 5, rate: 25, requests: dumpIn(lines) }),
  ...beside('dump-zstd', '`GET /` in zstd', { clients: 5, rate: 50, requests: dumpIn(zstd) }),
];

export function workload(name: string): Workload {
  const found = workloads.find((each) => each.name === name);
  if (found === undefined) throw new Error(`No workload ${name}: ${workloads.map((each) => each.name).join(', ')}`);
  return found;
}
