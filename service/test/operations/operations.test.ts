/** The operations by themselves: a typed request in, an answer out, no server between them. */
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { Registry } from 'prom-client';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Answer } from '../../src/answers/answer.ts';
import type { Rates } from '../../src/auth/token-rates.ts';
import type { Token } from '../../src/auth/tokens.ts';
import { AnswerCache } from '../../src/caches/answer-cache.ts';
import { DumpCache } from '../../src/caches/dump-cache.ts';
import { RepeatedReads } from '../../src/caches/repeated-reads.ts';
import { EventLoopScheduler } from '../../src/flow-control/event-loop-scheduler.ts';
import { deleteKeys, deleteValue } from '../../src/operations/delete.ts';
import { dumpPairs } from '../../src/operations/dump.ts';
import { getValue } from '../../src/operations/get.ts';
import { getValues } from '../../src/operations/get-many.ts';
import { incrementValues } from '../../src/operations/increment.ts';
import { longReads } from '../../src/operations/reading/long-read.ts';
import { searchKeys } from '../../src/operations/search.ts';
import { setPairs } from '../../src/operations/set.ts';
import { runTransaction } from '../../src/operations/transaction.ts';
import { whoAmI } from '../../src/operations/whoami.ts';
import type { DumpRequest, SearchRequest } from '../../src/requests/reads.ts';
import type { KeyFilter, ReadKeys } from '../../src/store/store.ts';
import { around } from '../support/around.ts';
import { openEmbedded } from '../support/open-embedded.ts';

const fresh = { stale: false, heldTag: undefined };
const whole = { ...fresh, filter: {}, limit: undefined, query: {}, question: '', isGone: () => false };
const search = ({ prefix, suffix, ...more }: Partial<SearchRequest> & KeyFilter): SearchRequest => ({
  ...{ ...whole, values: false, ...more },
  filter: { ...more.filter, prefix, suffix },
});
const dump = (more: Partial<DumpRequest>): DumpRequest => ({ ...whole, asLines: false, ...more });

/** All of an answer's text; what it holds is given back. */
function textOf(answer: Answer): string {
  if (answer.kind === 'text') return answer.text;
  if (answer.kind === 'events') return '';
  const text = answer.kind === 'bytes' ? Buffer.concat(answer.parts).toString() : [...answer.slices].join('');
  answer.release();
  return text;
}

const headerOf = ({ headers }: Answer, name: string) => headers[headers.indexOf(name) + 1];

async function open(t: Parameters<typeof openEmbedded>[0]) {
  const store = await openEmbedded(t);
  const longRead = longReads(store, { most: 2, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry());
  const scheduler = new EventLoopScheduler();
  const answers = new AnswerCache(store, 1 << 20);
  const repeated = new RepeatedReads(0);
  const parts = { store, answers, longRead, scheduler };
  return {
    store,
    parts,
    get: getValue({ store, answers, scheduler }),
    getMany: getValues(parts),
    set: setPairs(store),
    deleteOne: deleteValue(store),
    deleteMany: deleteKeys(store),
    search: searchKeys({ store, answers, repeated, longRead, scheduler }),
    dump: dumpPairs({ store, dumps: new DumpCache(store, 1 << 20), repeated, longRead, scheduler }),
  };
}

test('a value is set, found, known to be current, and deleted', async (t) => {
  const { set, get, deleteOne, deleteMany } = await open(t);
  const written = await set({ pairs: [{ key: 'a', value: '1' }], options: undefined, text: '{"a":1}' });
  t.is(textOf(written), '{"a":1}');
  const found = await get({ ...fresh, key: 'a' });
  t.is(textOf(found), '1');
  t.is(headerOf(found, 'ETag'), headerOf(written, 'ETag'));
  const asked: string[] = [];
  const heldTag = (etag: string) => {
    asked.push(etag);
    return '"held"';
  };
  const current = await get({ key: 'a', stale: false, heldTag });
  t.deepEqual([current.status, headerOf(current, 'ETag')], [304, '"held"']);
  t.deepEqual(asked, [headerOf(written, 'ETag') ?? '']);
  t.is(textOf(await deleteMany({ keys: ['a', 'b'], condition: undefined })), '{"deleted":1}');
  t.is((await deleteOne({ keys: ['a'], condition: undefined })).status, 204);
  const missing = await get({ ...fresh, key: 'a' });
  t.is(missing.status, 404);
  t.is(missing.problem, 'key-not-found');
});

test('a transaction does all or nothing, and an increment adds to what is there', async (t) => {
  const { store, set } = await open(t);
  await set({ pairs: [{ key: 'a', value: '1' }], options: undefined, text: '{"a":1}' });
  const [transact, increment] = [runTransaction(store), incrementValues(store)];
  const absent = new Map([['a', 'absent' as const]]);
  const pairs = [{ key: 'b', value: '2' }];
  const refused = await t.throwsAsync(
    transact({ parts: { conditions: absent, pairs, deletes: [] }, keys: ['a', 'b'] }),
    { instanceOf: Problem },
  );
  t.is(refused?.code, 'precondition-failed');
  t.is(store.get('b'), undefined);
  const done = await transact({ parts: { conditions: new Map(), pairs, deletes: ['a', 'c'] }, keys: ['a', 'b', 'c'] });
  t.is(textOf(done), '{"set":1,"deleted":1}');
  t.deepEqual([...store.keys({})], ['b']);
  const sums = await increment({
    amounts: new Map([
      ['b', 40n],
      ['n', -1n],
    ]),
    keys: ['b', 'n'],
  });
  t.is(textOf(sums), '{"b":42,"n":-1}');
  t.regex(headerOf(sums, 'ETag') ?? '', /^"\w{8}-\d+"$/);
});

test('many values are found in the order in which they are asked for, and those that are not there are left out', async (t) => {
  const { store, getMany } = await open(t);
  await store.set(['a', 'b', 'c'].map((key) => ({ key, value: `"${key}"` })));
  t.is(textOf(await getMany({ keys: ['c', 'x', 'a'], asLines: false, stale: false })), '{"c":"c","a":"a"}');
  const keys = Array.from({ length: 5000 }, (_, i) => `k${i}`);
  await store.set(keys.map((key) => ({ key, value: '1' })));
  t.deepEqual(Object.keys(JSON.parse(textOf(await getMany({ keys, asLines: false, stale: true })))), keys);
});

test('who asks is told what the token may do', (t) => {
  t.is(
    textOf(whoAmI(undefined, undefined)),
    '{"name":null,"may":"write","prefixes":null,"expires":null,"limits":null}',
  );
  const digest = '0'.repeat(64);
  const token = { name: 'shop', access: 'ro', digest, scope: undefined, expires: 0, limits: undefined, lastUsed: 1 };
  const answer = JSON.parse(textOf(whoAmI(token as Token, { requests: 5, bytes: 0 } as Rates)));
  t.deepEqual(answer, {
    ...{ name: 'shop', may: 'read', prefixes: null },
    ...{ expires: '1970-01-01T00:00:00.000Z', limits: { requests: 5, bytes: null } },
  });
});

test('searches and dumps answer alike from what is kept and from what is read', async (t) => {
  const { store, search: find, dump: all } = await open(t);
  const keys = ['a-1', 'a-2', 'b-1'];
  await store.set(keys.map((key) => ({ key, value: `"${key}"` })));
  for (let again = 0; again < 3; again++) {
    t.is(textOf(await find(search({ prefix: 'a' }))), '["a-1","a-2"]');
    t.is(textOf(await find(search({ suffix: '-1' }))), '["a-1","b-1"]');
    t.is(textOf(await find(search({ prefix: 'a', suffix: '-1' }))), '["a-1"]');
    t.is(textOf(await find(search({ prefix: 'b', values: true }))), '{"b-1":"b-1"}');
    t.is(textOf(await all(dump({}))), '{"a-1":"a-1","a-2":"a-2","b-1":"b-1"}');
    t.is(textOf(await all(dump({ asLines: true }))).split('\n').length, 4);
  }
  const page = await find(search({ prefix: 'a', limit: 1, query: { prefix: 'a', limit: '1' } }));
  t.is(textOf(page), '["a-1"]');
  t.is(headerOf(page, 'Link'), '</search?prefix=a&limit=1&after=a-1>; rel="next"');
});

for (const [many, count] of [
  ['few', 10],
  ['more than are sent at one go with their head', 130],
  ['more than are read at one go', 1200],
] as const) {
  test(`a search by one text that finds ${many} is not read again until something is written`, async (t) => {
    const { store } = await open(t);
    const keys = Array.from({ length: count }, (_, i) => `${'k'.repeat(30)}-${i}`).sort();
    await store.set(keys.map((key) => ({ key, value: '1' })));
    let reads = 0;
    const counted = around(store, {
      searchBounded(by, text, most) {
        reads++;
        return store.searchBounded(by, text, most);
      },
      snapshot() {
        reads++;
        return store.snapshot();
      },
      listen: (listener) => store.listen(listener),
    });
    const find = searchKeys({
      store: counted,
      answers: new AnswerCache(counted, 1 << 20),
      repeated: new RepeatedReads(1 << 20),
      longRead: longReads(counted, { most: 1, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry()),
      scheduler: new EventLoopScheduler(),
    });
    const ask = async () => textOf(await find(search({ prefix: 'k', question: 'prefix=k' })));
    for (let i = 0; i < 2; i++) t.deepEqual(JSON.parse(await ask()), keys);
    const before = reads;
    for (let i = 0; i < 3; i++) t.deepEqual(JSON.parse(await ask()), keys);
    t.is(reads, before);
    await store.set([{ key: 'k', value: '1' }]);
    t.deepEqual(JSON.parse(await ask()), ['k', ...keys]);
  });
}

test('a search with few keys and large values reads no more than it sends at one go', async (t) => {
  const { store } = await open(t);
  for (let i = 0; i < 20; i++) await store.set([{ key: `k${i}`, value: `"${'x'.repeat(10_000)}"` }]);
  let reads = 0;
  const counted = around(store, {
    get(key) {
      reads++;
      return store.get(key);
    },
  });
  const find = searchKeys({
    ...{
      store: counted,
      answers: new AnswerCache(counted, 0),
      longRead: longReads(counted, { most: 1, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry()),
    },
    repeated: new RepeatedReads(0),
    scheduler: new EventLoopScheduler(),
  });
  const answer = await find(search({ prefix: 'k', values: true }));
  t.is(JSON.stringify(Object.keys(JSON.parse(textOf(answer)))), JSON.stringify([...store.keys({})]));
  t.true(reads <= 3, `${reads} values were read before it was given up`);
});

test('long reads at once are bounded, and each gives back what it holds', async (t) => {
  const { store, dump: all } = await open(t);
  for (let i = 0; i < 4; i++) await store.set([{ key: `k${i}`, value: `"${'x'.repeat(400_000)}"` }]);
  const open1 = await all(dump({}));
  const open2 = await all(dump({}));
  t.is(open1.kind, 'slices');
  await t.throwsAsync(async () => all(dump({})), { instanceOf: Problem, message: /2 answers are being streamed/ });
  t.is(textOf(open1), textOf(open2));
  t.is(textOf(await all(dump({}))).length, 1_600_033);
});

test('a state that cannot be had takes none of the places of long reads', async (t) => {
  const { store } = await open(t);
  let isThere = false;
  const flaky = around(store, {
    snapshot() {
      if (!isThere) throw new Problem('unavailable', 'The index is being read anew.');
      return store.snapshot();
    },
  });
  const longRead = longReads(flaky, { most: 2, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry());
  const read = () => longRead(() => ({ headers: [], pieces: ['{}'] }));
  for (let i = 0; i < 5; i++) await t.throwsAsync(read(), { message: /read anew/ });
  isThere = true;
  t.is(textOf(await read()), '{}');
});

test('what pages keep is bounded: one more finds no room, and the one under way for the longest makes it', async (t) => {
  const { store } = await open(t);
  const longRead = longReads(store, { most: 100, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry());
  const slices = { headers: [], pieces: Array.from({ length: 3 }, () => 'x'.repeat(70_000)) };
  const read = (bytes: number) =>
    longRead((_, hold) => {
      hold(bytes);
      return slices;
    });
  const mebibyte = 1024 ** 2;
  const first = await read(40 * mebibyte);
  if (first.kind !== 'slices') throw new Error('not a long answer');
  let cut: Problem | undefined;
  first.onCut((problem) => {
    cut = problem;
    first.release();
  });
  await t.throwsAsync(read(40 * mebibyte), { instanceOf: Problem, message: /than there is memory for/ });
  t.is(cut, undefined, 'it has only just begun');
  const small = await read(mebibyte);
  t.is(textOf(small).length, 210_000);
  await waitFor('the first one makes room', async () => {
    const answer = await read(40 * mebibyte).catch(() => undefined);
    if (answer?.kind === 'slices') answer.release();
    return answer !== undefined;
  });
  t.is(cut?.code, 'slow-consumer');
});

test('the keys of a long read by POST /get count with those of pages, before any is read', async (t) => {
  const { store, parts } = await open(t);
  for (let i = 0; i < 4; i++) await store.set([{ key: `k${i}`, value: `"${'x'.repeat(40_000)}"` }]);
  const held: number[] = [];
  const ask = (onHold: (bytes: number) => void) =>
    getValues({ ...parts, longRead: (read) => parts.longRead((view) => read(view, onHold)) })({
      keys: ['k0', 'k1', 'k2', 'k3', 'none'.repeat(200)],
      asLines: false,
      stale: true,
    });
  t.is(textOf(await ask((bytes) => held.push(bytes))).length, 160_033);
  t.deepEqual(held, [5 * 32 + 2 * (4 * 2 + 800)]);
  const noRoom = () => {
    throw new Problem('overloaded', 'There is no room.');
  };
  await t.throwsAsync(async () => ask(noRoom), { message: 'There is no room.' });
});

test('an answer that something expired in meanwhile has the tag of what it shows', async (t) => {
  const { store } = await open(t);
  await store.set([{ key: 'abc', value: '1' }]);
  let looks = 0;
  // The deadline passes right behind the first look.
  const expiring = around(store, {
    lastExpired: () => (looks++ === 0 ? undefined : 1000),
    snapshot: () => ({ ...around(store, { lastExpired: () => 1000 }), close() {} }),
  });
  const find = searchKeys({
    ...{
      store: expiring,
      answers: new AnswerCache(expiring, 0),
      longRead: longReads(expiring, { most: 1, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry()),
    },
    repeated: new RepeatedReads(0),
    scheduler: new EventLoopScheduler(),
  });
  const answer = await find(search({ prefix: 'a' }));
  t.is(headerOf(answer, 'ETag'), `"${store.timeline()}-${store.revision()}+1000"`);
});

test('a page or a count for a client that has left is not looked for', async (t) => {
  const { store } = await open(t);
  let looked = 0;
  const endless = around(store, {
    snapshot: () => ({
      ...around(store, {}),
      *search() {
        for (; looked < 1000; looked++) yield undefined;
      },
      close() {},
    }),
  });
  const find = searchKeys({
    ...{
      store: endless,
      answers: new AnswerCache(store, 0),
      longRead: longReads(endless, { most: 1, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry()),
    },
    repeated: new RepeatedReads(0),
    scheduler: new EventLoopScheduler(),
  });
  await find(search({ suffix: 'x', limit: 1, isGone: () => looked >= 3 }));
  t.true(looked < 10, `looked ${looked} times`);
  looked = 0;
  await find(search({ suffix: 'x', isCount: true, isGone: () => looked >= 3 }));
  t.true(looked < 10, `looked ${looked} times for a count`);
  looked = 0;
  await find(
    search({ filter: { contains: 'x', fold: { delimiter: '/', from: 0 } }, limit: 1, isGone: () => looked >= 3 }),
  );
  t.true(looked < 10, `looked ${looked} times for a text`);
});

test('a read that is not stale waits for the barrier, and one that is says its age', async (t) => {
  const { store } = await open(t);
  await store.set([{ key: 'a', value: '1' }]);
  let asked = 0;
  const behind = around(store, {
    barrier() {
      asked++;
      return Promise.reject(new Problem('unavailable', 'No quorum.'));
    },
    age: () => 4200,
  });
  const get = getValue({ store: behind, answers: new AnswerCache(behind, 0), scheduler: new EventLoopScheduler() });
  await t.throwsAsync(async () => get({ ...fresh, key: 'a' }), { message: 'No quorum.' });
  t.is(asked, 1);
  const stale = await get({ key: 'a', stale: true, heldTag: undefined });
  t.is(headerOf(stale, 'Age'), '4');
  t.is(asked, 1);
});

test('each read is made fresh for all that it looks at, before an answer that is kept or known to its client is taken', async (t) => {
  const { store } = await open(t);
  await store.set([{ key: 'a', value: '1' }]);
  const asked: ReadKeys[] = [];
  let isBehind = false;
  const behind = around(store, {
    barrier(keys = {}) {
      asked.push(keys);
      return isBehind ? Promise.reject(new Problem('unavailable', 'No quorum.')) : undefined;
    },
  });
  const answers = new AnswerCache(behind, 1 << 20);
  const parts = {
    ...{ store: behind, answers, repeated: new RepeatedReads(1 << 20), dumps: new DumpCache(behind, 1 << 20) },
    ...{ longRead: longReads(behind, { most: 9, maxAge: 60_000, maxGrowth: 1 << 30 }, new Registry()) },
    scheduler: new EventLoopScheduler(),
  };
  const [get, many, find, all] = [getValue(parts), getValues(parts), searchKeys(parts), dumpPairs(parts)];
  const known = { ...fresh, heldTag: (etag: string) => etag };
  const filter = { prefix: 'a', suffix: 'a', contains: 'a', after: '0', reverse: false };
  const page = { ...whole, ...known, question: 'q', filter };
  const reads: readonly (readonly [ReadKeys, () => Answer | Promise<Answer>])[] = [
    ['a', () => get({ ...fresh, key: 'a' })],
    ['a', () => get({ ...known, key: 'a' })],
    [['a', 'b'], () => many({ keys: ['a', 'b'], asLines: false, stale: false })],
    [filter, () => find({ ...page, values: false, heldTag: undefined })],
    [filter, () => find({ ...page, values: true })],
    [{}, () => all({ ...whole, asLines: false })],
    [filter, () => all({ ...page, asLines: true })],
    [filter, () => all({ ...page, asLines: false, limit: 1, heldTag: undefined })],
  ];
  for (const [, read] of reads) textOf(await read());
  t.deepEqual(
    asked,
    reads.map(([keys]) => keys),
  );
  isBehind = true;
  for (const [, read] of reads) await t.throwsAsync(async () => read(), { message: 'No quorum.' });
});
