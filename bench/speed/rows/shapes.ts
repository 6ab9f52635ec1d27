/**
 * The shapes that requests of real clients have, each against the plain one at the same service: what is fast for a
 * benchmark alone is not fast. `npm run bench -- shapes`.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClosedLoop } from '../../load/closed-loop.ts';
import type { Request } from '../../load/requests.ts';
import { startSink } from '../../overhead/sink.ts';
import type { PinnedServer } from '../../pinned.ts';
import { commonPrefix, keyOf, prefixOf, prefixOfTen, scattered, suffixOf, value } from '../data.ts';
import type { Bar, Bench, Contest, LoadedTarget, Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw, startTracedRaw } from '../servers/raw.ts';
import { connections, names, target } from './against.ts';

const pairs = 10_000;
export const token = 'a-token-of-some-length-for-the-bench';
const limitedToken = 'a-token-of-a-prefix-for-the-bench';

/** What a browser and Traefik in front of the service add. */
export const moreHeaders = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  Accept: '*/*',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9',
  'X-Forwarded-For': '10.42.0.1',
  'X-Forwarded-Host': 'kv.example.com',
  'X-Forwarded-Port': '80',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Server': 'traefik-6b8c9d7f5-abcde',
  'X-Real-Ip': '10.42.0.1',
};

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Shape {
  readonly name: string;
  readonly requests: readonly Request[];
  /** Default: the service without tokens. */
  readonly server?: PinnedServer;
  /** An answer that is no success is what is wanted. */
  readonly fails?: true;
  /** The name of the shape that it is compared with; default: the plain one. */
  readonly against?: string;
}

export const escaped = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** Keys that only some shapes ask for. */
export const special = (n: number) => ({
  utf8: `schlüssel-${keyOf(n)}-🎈`,
  slash: `a/b/${keyOf(n)}`,
  long: `long-${keyOf(n)}`,
});

/** Pairs of special keys: those of 1,000 numbers, and 100 values of 4 KiB. */
export function specialPairs(numbers: readonly number[]): readonly Readonly<Record<string, string>>[] {
  const all = numbers.map(special);
  const short = all.flatMap(({ utf8, slash }) => [utf8, slash]).map((key) => [key, 'x'.repeat(30)]);
  const long = all.slice(0, 100).map((each) => [each.long, 'x'.repeat(4094)]);
  return [Object.fromEntries(short), Object.fromEntries(long)];
}

export async function put({ url }: PinnedServer, members: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(`${url}/set`, { method: 'POST', body: JSON.stringify(members) });
  if (!answer.ok) throw new Error(`set answered with ${answer.status}: ${await answer.text()}`);
}

export const etagOf = async ({ url }: PinnedServer, path: string) =>
  (await fetch(`${url}${path}`)).headers.get('etag') ?? '';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Of a file of tokens: this one may do all. */
export const tokenLine = `rw bench ${digestOf(token)}`;

/** The same pairs, to be read and written with a token, or read with one that is limited to a prefix that all keys have. */
async function startWithToken(bench: Bench): Promise<PinnedServer> {
  const file = join(bench.scratch, 'tokens');
  const limited = { name: 'limited', digest: digestOf(limitedToken), may: 'read', prefixes: [commonPrefix] };
  await writeFile(file, `${tokenLine}\n${JSON.stringify(limited)}\n`);
  return startKvstore(bench, { pairs, name: 'with-token', serving: { KV_TOKENS_FILE: file } });
}

/**
 * Only a service with tokens asks for one, and it is another process. So is the one it is compared with, which gets the plain
 * requests and no others: two processes that serve as many requests, since one that has served more is faster.
 */
async function tokenShapes(bench: Bench, plain: readonly Request[], isRead = true): Promise<Shape[]> {
  const without = 'plain, a process of its own';
  const server = await startWithToken(bench);
  const withToken = (name: string, text: string): Shape => {
    return { name, requests: withHeaders(plain, bearer(text)), server, against: without };
  };
  return [
    { name: without, requests: plain, server: await startKvstore(bench, { pairs, name: 'without-token' }) },
    withToken('token', token),
    ...(isRead ? [withToken('token of a prefix', limitedToken)] : []),
  ];
}

export const withHeaders = (requests: readonly Request[], headers: Readonly<Record<string, string>>): Request[] =>
  requests.map((request) => ({ ...request, headers: { ...request.headers, ...headers } }));

export const bearer = (text: string) => ({ Authorization: `Bearer ${text}` });

function contest(plain: Shape, kvstore: PinnedServer, shapes: readonly Shape[], atLeast: number): Contest {
  const targets: LoadedTarget[] = [plain, ...shapes].map(({ name, requests, server = kvstore, fails }) =>
    target(name, server, requests, connections, fails),
  );
  const baselines = new Set(shapes.map(({ against }) => against));
  const bars: Bar[] = shapes
    .filter(({ name }) => !baselines.has(name))
    .map(({ name, against = plain.name }) => ({ of: name, against, figure: 'rate', atLeast }));
  return { targets, bars };
}

const getShapes: Row = {
  name: 'shapes-get',
  title: 'GET of one key, in every shape',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const numbers = scattered(1000, pairs);
    const all = numbers.map(special);
    for (const pairs of specialPairs(numbers)) await put(kvstore, pairs);
    const plain = numbers.map((n): Request => ({ path: `/get/${keyOf(n)}` }));
    const current: Request[] = [];
    for (const { path } of plain) current.push({ path, headers: { 'If-None-Match': await etagOf(kvstore, path) } });
    const shapes: Shape[] = [
      { name: 'every byte escaped', requests: numbers.map((n) => ({ path: `/get/${escaped(keyOf(n))}` })) },
      { name: 'UTF-8 key', requests: all.map(({ utf8 }) => ({ path: `/get/${encodeURIComponent(utf8)}` })) },
      { name: 'key with %2F', requests: all.map(({ slash }) => ({ path: `/get/${encodeURIComponent(slash)}` })) },
      { name: 'If-None-Match, 304', requests: current },
      { name: 'If-None-Match, 200', requests: withHeaders(plain, { 'If-None-Match': '"another"' }) },
      { name: 'no such key, 404', requests: numbers.map((n) => ({ path: `/get/no-${keyOf(n)}` })), fails: true },
      { name: 'stale', requests: plain.map(({ path }) => ({ path: `${path}?consistency=stale` })) },
      ...(await tokenShapes(bench, plain)),
      { name: 'ten more headers', requests: withHeaders(plain, moreHeaders) },
      { name: 'traceparent, traces off', requests: withHeaders(plain, { traceparent }) },
      { name: '4 KiB value', requests: all.slice(0, 100).map(({ long }) => ({ path: `/get/${long}` })) },
    ];
    const found = contest({ name: names.kvstore, requests: plain }, kvstore, shapes, 0.75);
    const raw = target(names.raw, await startRaw(bench, kvstore, plain[0] ?? { path: '/' }), plain);
    const ofRaw: Bar = { of: names.kvstore, against: names.raw, figure: 'rate', atLeast: 0.8 };
    return { targets: [...found.targets, raw], bars: [ofRaw, ...found.bars] };
  },
};

const searchShapes: Row = {
  name: 'shapes-search',
  title: 'GET /search of 11 keys, in every shape',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const groups = scattered(500, 900);
    const plain = groups.map((group): Request => ({ path: `/search?prefix=${prefixOf(group)}` }));
    const etag = await etagOf(kvstore, plain[0]?.path ?? '/');
    const tens = scattered(80, 80).map((ten): Request => ({ path: `/search?prefix=${prefixOfTen(ten)}` }));
    // More than the cache of plain answers takes.
    const many = Array.from({ length: 20 }, (_, i) => `many-${i}-${'x'.repeat(20)}-`);
    const manyKeys = many.flatMap((prefix) => Array.from({ length: 200 }, (_, i) => `${prefix}${i}`));
    await put(kvstore, Object.fromEntries(manyKeys.map((key) => [key, '1'])));
    const ofMany = (query = '') => many.map((prefix): Request => ({ path: `/search?prefix=${prefix}${query}` }));
    const also = (query: string) => plain.map(({ path }): Request => ({ path: `${path}${query}` }));
    const shapes: Shape[] = [
      { name: 'suffix', requests: groups.map((group) => ({ path: `/search?suffix=${suffixOf(group)}` })) },
      { name: 'escaped', requests: groups.map((group) => ({ path: `/search?prefix=${escaped(prefixOf(group))}` })) },
      { name: 'stale', requests: also('&consistency=stale') },
      { name: 'If-None-Match, 304', requests: withHeaders(plain, { 'If-None-Match': etag }) },
      ...(await tokenShapes(bench, plain)),
      { name: 'ten more headers', requests: withHeaders(plain, moreHeaders) },
      // Long enough to be compressed for who takes that.
      { name: '110 keys', requests: tens },
      { name: '110 keys, ten more headers', requests: withHeaders(tens, moreHeaders), against: '110 keys' },
      { name: '200 keys, both texts', requests: ofMany('&suffix=') },
      { name: '200 keys', requests: ofMany(), against: '200 keys, both texts' },
      {
        ...{ name: '200 keys, ten more headers', against: '200 keys, both texts' },
        requests: withHeaders(ofMany(), moreHeaders),
      },
      { name: 'a page of 11', requests: also('&limit=11') },
      { name: 'values=true', requests: also('&values=true') },
      {
        name: 'prefix and suffix',
        requests: groups.map((group) => ({ path: `/search?prefix=${prefixOf(group)}&suffix=${suffixOf(group)}` })),
      },
    ];
    return contest({ name: names.kvstore, requests: plain }, kvstore, shapes, 0.75);
  },
};

const dumpShapes: Row = {
  name: 'shapes-dump',
  title: 'GET / of 10,000 pairs, in every shape',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const plain: Request[] = [{ path: '/' }];
    const lines = withHeaders(plain, { Accept: 'application/x-ndjson' });
    const rawLines = `${names.raw}, the same lines`;
    const shapes: Shape[] = [
      { name: 'stale', requests: [{ path: '/?consistency=stale' }] },
      { name: 'If-None-Match, 200', requests: withHeaders(plain, { 'If-None-Match': '"another"' }) },
      ...(await tokenShapes(bench, plain)),
      { name: 'ten more headers', requests: withHeaders(plain, moreHeaders) },
      { name: 'a page of all', requests: [{ path: `/?limit=${pairs}` }] },
      { name: 'JSON Lines', requests: lines },
    ];
    const found = contest({ name: names.kvstore, requests: plain }, kvstore, shapes, 0.75);
    // Lines are more bytes than the plain dump: what node:http takes to send as many is the least that they can take.
    const raw = target(rawLines, await startRaw(bench, kvstore, lines[0] ?? { path: '/' }), lines);
    const ofRaw: Bar = { of: 'JSON Lines', against: rawLines, figure: 'rate', atLeast: 0.8 };
    return { targets: [...found.targets, raw], bars: [...found.bars, ofRaw], slice: 250 };
  },
};

const setShapes: Row = {
  name: 'shapes-set',
  title: 'POST /set, in every shape of the same bytes',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const bodies = scattered(pairs, pairs).map((n) => `{"${keyOf(n)}":${value}}`);
    const plain = bodies.map((body): Request => ({ path: '/set', body }));
    // Three keys in as many bytes as one with a longer value.
    const several = scattered(pairs, pairs).map((n): Request => {
      const members = [0, 1, 2].map((i) => `"${keyOf((n + i) % pairs)}":1`);
      return { path: '/set', body: `{${members.join(',')}}` };
    });
    const size = several[0]?.body?.length ?? 0;
    const shapes: Shape[] = [
      ...(await tokenShapes(bench, plain, false)),
      { name: 'ttl', requests: plain.map(({ body = '' }) => ({ path: '/set?ttl=3600', body })) },
      { name: 'If-Match: *', requests: withHeaders(plain, { 'If-Match': '*' }) },
      { name: 'charset', requests: withHeaders(plain, { 'Content-Type': 'application/json; charset=utf-8' }) },
      { name: 'ten more headers', requests: withHeaders(plain, moreHeaders) },
      {
        name: `one pair of ${size} bytes`,
        requests: bodies.map((body) => ({
          path: '/set',
          body: `${body.slice(0, -2)}${'x'.repeat(size - body.length)}"}`,
        })),
      },
      { name: `three pairs of ${size} bytes`, requests: several },
    ];
    const found = contest({ name: names.kvstore, requests: plain }, kvstore, shapes, 0.85);
    const bars = found.bars.map((bar) =>
      bar.of.startsWith('three pairs') ? { ...bar, against: `one pair of ${size} bytes` } : bar,
    );
    return { ...found, bars: bars.filter(({ of }) => !of.startsWith('one pair')) };
  },
};

/** wrk waits for the body that an answer to HEAD has not, so both are sent by a client of our own, and time of the processor counts. */
const headShapes: Row = {
  name: 'shapes-head',
  title: 'HEAD of one key, and GET of it by the same client',
  async open(bench) {
    const { port, pids } = await startKvstore(bench, { pairs });
    const plain = scattered(1000, pairs).map((n): Request => ({ path: `/get/${keyOf(n)}` }));
    const by = (name: string, requests: readonly Request[]): LoadedTarget => {
      return { name, pids, begin: async () => new ClosedLoop({ port, requests, connections }) };
    };
    const [get, head] = ['GET', 'HEAD'];
    return {
      targets: [
        by(get, plain),
        by(
          head,
          plain.map((request) => ({ ...request, method: 'HEAD' })),
        ),
      ],
      // As 0.75 of the rate.
      bars: [{ of: head, against: get, figure: 'cpu', atMost: 1.33 }],
    };
  },
};

/** What a collector gets is all sampled: by the caller, which the service believes. */
const traceShapes: Row = {
  name: 'shapes-trace',
  title: 'GET of one key, sampled, and its spans sent',
  async open(bench) {
    const sink = bench.ending.adopt(await startSink(), (each) => each.close());
    const collected = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
    const byCaller = { ...collected, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
    const start = (name: string) => startKvstore(bench, { pairs, name, serving: byCaller });
    const plain = scattered(1000, pairs).map((n): Request => ({ path: `/get/${keyOf(n)}` }));
    const sampled = withHeaders(plain, { traceparent });
    const kvstore = await start('traces');
    const [first = { path: '/' }] = plain;
    const [shape, rawTraced] = ['sampled by its caller', `${names.raw}, a span of the SDK`];
    return {
      targets: [
        target(names.kvstore, kvstore, plain),
        target(shape, await start('sampled'), sampled),
        target(names.raw, await startRaw(bench, kvstore, first), plain),
        target(rawTraced, await startTracedRaw(bench, kvstore, first, collected), sampled),
      ],
      bars: [
        { of: shape, against: names.kvstore, figure: 'rate', atLeast: 0.75 },
        { of: shape, against: rawTraced, figure: 'rate', atLeast: 0.8 },
        // What the SDK leaves of the least that there is.
        { of: rawTraced, against: names.raw, figure: 'rate', atLeast: 0.75 },
      ],
      // A batch of spans is sent within the slice that filled it, but for the last few.
      slice: 250,
    };
  },
};

export const shapes = [getShapes, headShapes, traceShapes, searchShapes, dumpShapes, setShapes];
