import type { ExecutionContext } from 'ava';
import { assertProblem } from '../support/assert-problem.ts';
import { type Answer, call, get, set } from '../support/call.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

type Service = Parameters<typeof call>[0];

const increment = (service: Service, amounts: object | string, headers = {}) => {
  const body = typeof amounts === 'string' ? amounts : JSON.stringify(amounts);
  return call(service, '/increment', { body, headers });
};
const tagOf = ({ headers }: Answer) => headers.etag ?? '';

contractTest(
  'an increment begins at 0, adds, takes away, and answers with the sums and their ETag',
  async (t, kind) => {
    const service = await startService(t, kind);
    const first = await increment(service, { visits: 1 });
    t.is(first.status, 200, first.text);
    t.is(first.text, '{"visits":1}');
    const second = await increment(service, { visits: 41, stock: -3, touched: 0 });
    t.is(second.text, '{"visits":42,"stock":-3,"touched":0}');
    t.not(tagOf(second), tagOf(first));
    for (const [key, value] of [
      ['visits', '42'],
      ['stock', '-3'],
      ['touched', '0'],
    ] as const) {
      const answer = await get(service, key);
      t.is(answer.text, value);
      t.is(tagOf(answer), tagOf(second), 'all at one revision');
    }
    await set(service, { visits: 7 });
    t.is((await increment(service, { visits: -8 })).text, '{"visits":-1}');
    await call(service, '/get/visits', { method: 'DELETE' });
    t.is((await increment(service, { visits: 5 })).text, '{"visits":5}');
    // Of equal keys the last counts, as for a set.
    t.is((await increment(service, '{"visits":1,"visits":10}')).text, '{"visits":15}');
    t.is((await increment(service, '{"__proto__":1}')).text, '{"__proto__":1}');
  },
);

contractTest('sums of 64 bits are exact, and none goes beyond', async (t, kind) => {
  const service = await startService(t, kind);
  const [least, most] = ['-9223372036854775808', '9223372036854775807'];
  t.is((await increment(service, '{"a":9007199254740993}')).text, '{"a":9007199254740993}');
  t.is((await increment(service, '{"a":2}')).text, '{"a":9007199254740995}');
  t.is((await get(service, 'a')).text, '9007199254740995');
  t.is((await increment(service, `{"b":${most},"c":${least}}`)).text, `{"b":${most},"c":${least}}`);
  const before = tagOf(await get(service, 'b'));
  t.regex(assertProblem(t, await increment(service, { b: 1 }), 'integer-overflow'), /9223372036854775807 and 1 of "b"/);
  assertProblem(t, await increment(service, { c: -1 }), 'integer-overflow');
  // All or none.
  assertProblem(t, await increment(service, { a: 1, b: 1 }), 'integer-overflow');
  t.is((await get(service, 'a')).text, '9007199254740995');
  t.is(tagOf(await get(service, 'b')), before, 'nothing was written');
  t.is((await increment(service, `{"b":${least}}`)).text, '{"b":-1}');
});

contractTest('what is no integer is not added to', async (t, kind) => {
  const service = await startService(t, kind);
  const values = ['"5"', '5.0', '1e3', 'null', '[1]', '{"a":1}', 'true', '9223372036854775808', '1'.repeat(1000)];
  for (const value of values) {
    const { headers } = await set(service, `{"odd":${value},"n":1}`);
    assertProblem(t, await increment(service, { odd: 1 }), 'not-an-integer');
    t.regex(assertProblem(t, await increment(service, { n: 1, odd: 1 }), 'not-an-integer'), /"odd"/);
    t.is((await get(service, 'n')).text, '1');
    const after = await get(service, 'odd');
    t.is(after.text, value);
    t.is(tagOf(after), headers.etag ?? '', 'nothing was written');
  }
  await set(service, '{"zero":-0}');
  t.is((await get(service, 'zero')).text, '-0');
  t.is((await increment(service, '{"zero":-0}')).text, '{"zero":0}');
  t.is((await get(service, 'zero')).text, '0');
  t.is((await increment(service, { zero: 1 })).text, '{"zero":1}');
});

contractTest('what is no increment is refused with the reason', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  for (const value of ['"1"', '1.0', '1e2', 'null', '[1]', 'true', '9223372036854775808', '-9223372036854775809']) {
    const detail = assertProblem(t, await increment(service, `{"b":1,"a":${value}}`), 'invalid-body');
    t.true(detail.includes(`that of "a" is ${value}`), detail);
  }
  for (const body of ['', '{', '[]', '5', '{}']) assertProblem(t, await increment(service, body), 'invalid-body');
  assertProblem(t, await increment(service, '{"":1}'), 'invalid-key');
  assertProblem(t, await call(service, '/increment?ttl=5', { body: '{"a":1}' }), 'invalid-query');
  assertProblem(t, await increment(service, { a: 1 }, { 'If-Match': '*' }), 'invalid-request');
  assertProblem(t, await increment(service, { a: 1 }, { 'Sec-Fetch-Site': 'cross-site' }), 'cross-site');
  t.is((await call(service, '/')).text, '{"a":1}');
});

contractTest('an increment keeps the time to live of its key', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await set(service, { passing: 1, kept: 1 }, {});
  await call(service, '/set?ttl=60', { body: '{"passing":1}' });
  clock.advance(30_000);
  const sums = await increment(service, { passing: 1, kept: 1 });
  t.is(sums.text, '{"passing":2,"kept":2}');
  t.is((await increment(service, { passing: 1 })).text, '{"passing":3}', 'also when the index knows it');
  const lines = await call(service, '/', { headers: { Accept: 'application/x-ndjson' } });
  t.regex(lines.text, /"key":"passing","value":3,"revision":\d+,"expires":\d+/);
  t.notRegex(lines.text, /"kept".*expires/);
  clock.advance(30_000);
  t.is((await get(service, 'passing')).status, 404);
  // What has expired counts as absent, and its time is over.
  t.is((await increment(service, { passing: 5 })).text, '{"passing":5}');
  clock.advance(3_600_000);
  t.is((await get(service, 'passing')).text, '5');
});

/** Sums that increments by 1 were answered with: each once, without a gap. */
function assertCounted(t: ExecutionContext, sums: readonly number[]): void {
  t.deepEqual(
    [...sums].sort((a, b) => a - b),
    Array.from(sums, (_, i) => i + 1),
  );
}

contractTest('of increments that run at once none is lost or doubled', async (t, kind) => {
  const service = await startService(t, kind);
  const answers = await Promise.all(Array.from({ length: 200 }, () => increment(service, { n: 1 })));
  assertCounted(
    t,
    answers.map(({ text }) => JSON.parse(text).n),
  );
  const last = await get(service, 'n');
  t.is(last.text, '200');
  // A tag stands for one value: that of an increment which another one of its revision followed is none of the key's.
  const tags = new Map(answers.map((answer) => [tagOf(answer), JSON.parse(answer.text).n]));
  t.is(tags.size, 200);
  t.is(tags.get(tagOf(last)), 200);
  for (const [tag, sum] of tags) {
    const again = await get(service, 'n', { headers: { 'If-None-Match': tag } });
    t.is(again.status, sum === 200 ? 304 : 200);
  }
});

contractTest('increments, sets, deletions and transactions of one key follow each other', async (t, kind) => {
  const service = await startService(t, kind);
  const sums: number[] = [];
  await set(service, { n: 1000 });
  await Promise.all([
    ...Array.from({ length: 60 }, async (_, i) => {
      const answer = await increment(service, { n: 1, [`own-${i}`]: 1 });
      sums.push(JSON.parse(answer.text).n);
    }),
    ...Array.from({ length: 20 }, (_, i) => set(service, { other: i })),
    ...Array.from({ length: 5 }, () => call(service, '/delete', { body: '["n"]' })),
    ...Array.from({ length: 5 }, () => call(service, '/transaction', { body: '{"if":{"n":null},"set":{"n":5000}}' })),
  ]);
  // Between two writes that make it anew, no sum comes twice.
  const starts = sums.filter((sum) => sum > 5000).length;
  t.is(sums.length, 60);
  t.true(
    sums.every((sum) => sum >= 1 && sum <= 5060),
    `${starts} behind a transaction`,
  );
  const before = Number((await get(service, 'n')).text) || 0;
  t.is((await increment(service, { n: 1 })).text, `{"n":${before + 1}}`);
  const own = await call(service, '/search?prefix=own-&count=true');
  t.is(own.text, '{"count":60}', 'each was done once, with both its keys');
});

contractTest('an increment of many keys is one write', async (t, kind) => {
  const service = await startService(t, kind);
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  const most = kind.maxPairs === undefined ? 1000 : Math.floor(kind.maxPairs / 2);
  await increment(service, many(most));
  t.is((await increment(service, many(most))).status, 200);
  t.is((await get(service, `k${most - 1}`)).text, String(2 * (most - 1)));
  if (kind.maxPairs !== undefined) {
    const detail = assertProblem(t, await increment(service, many(most + 1)), 'too-many-pairs');
    t.regex(detail, new RegExp(`at most ${most} `));
  }
});
