/** Limits of tokens: what is refused, what is said of it, and that no other token pays for it. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { waitFor } from '../../../test-support/wait-for.ts';
import { Allowance } from '../../src/server/allowance.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest, type StoreKind } from '../support/store-kinds.ts';
import { bearer, digestOf, someTokens, writer } from '../support/tokens.ts';

const slowText = 'slow-token.0123456789';
const slow = { headers: bearer(slowText) };
const free = { headers: bearer(writer) };

async function startWith(
  t: ExecutionContext,
  kind: StoreKind,
  limits: object | undefined,
  standard: { readonly requests?: number; readonly bytes?: number } = {},
): Promise<{ readonly service: Service; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const entry = JSON.stringify({ name: 'slow', token: slowText, may: 'write', limits });
  const text = `${entry}\n${JSON.stringify({ name: 'shop', digest: digestOf(writer), may: 'write', limits: { requests: 0, bytes: 0 } })}`;
  const tokens = await someTokens(t, { text });
  const service = await startService(t, kind, {
    tokens,
    serverClock: clock,
    tokenRates: standard,
    identity: 'ns/shop/uid',
  });
  return { service, clock };
}

contractTest('beyond its requests a second a token gets 429, and others do not', async (t, kind) => {
  const { service, clock } = await startWith(t, kind, { requests: 2 });
  for (const left of [1, 0]) {
    const answer = await call(service, '/get/a', slow);
    assertProblem(t, answer, 'key-not-found');
    t.is(answer.headers['ratelimit-policy'], '"requests";q=2;w=1');
    t.is(answer.headers['kvstore-identity'], 'ns/shop/uid', 'beside headers of others');
    t.is(answer.headers.ratelimit, `"requests";r=${left};t=1`);
    t.is(answer.headers['retry-after'], undefined);
  }
  for (const refused of [await call(service, '/', slow), await set(service, { a: 1 }, slow)]) {
    const detail = assertProblem(t, refused, 'rate-limited');
    t.is(detail, 'The token "slow" has a limit of 2 requests a second. Try again in 1 s.');
    t.is(refused.headers['retry-after'], '1');
    t.is(refused.headers.ratelimit, '"requests";r=0;t=1');
  }
  t.is((await call(service, '/get/a', { ...slow, method: 'HEAD' })).status, 429);
  for (let i = 0; i < 5; i++) assertProblem(t, await call(service, '/get/a', free), 'key-not-found');
  t.is((await call(service, '/livez', slow)).status, 200, 'probes need no token, and no rate');
  const metrics = (await call(service, '/metrics')).text;
  t.regex(metrics, /^kvstore_token_rate_limited_total\{token="slow",limit="requests"\} 3$/m);
  t.regex(metrics, /^kvstore_http_problems_total\{code="rate-limited"\} 3$/m);
  clock.pass(500);
  t.is((await set(service, { a: 1 }, slow)).status, 200);
  t.is((await call(service, '/get/a', slow)).status, 429);
  clock.pass(60_000);
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await call(service, '/get/a', slow)).status);
  t.deepEqual(statuses, [200, 200, 429], 'no more than a second is saved up');
});

contractTest(
  'bytes count as they go, in both directions: an answer is sent whole, and what follows waits',
  async (t, kind) => {
    const { service, clock } = await startWith(t, kind, { bytes: 1000 });
    await set(service, { long: 'x'.repeat(5000) }, free);
    const answer = await call(service, '/get/long', slow);
    t.is(answer.text.length, 5002);
    t.is(answer.headers['ratelimit-policy'], '"bytes";q=1000;w=1;qu="content-bytes"');
    t.is(answer.headers.ratelimit, '"bytes";r=1000;t=1');
    // The response is counted when it is closed, which its client may see earlier.
    await waitFor('the count', async () => (await call(service, '/get/a', slow)).status === 429);
    const refused = await call(service, '/get/a', slow);
    t.regex(assertProblem(t, refused, 'rate-limited'), /a limit of 1000 bytes a second\. Try again in \d+ s\.$/);
    const seconds = Number(refused.headers['retry-after']);
    clock.pass((seconds - 1) * 1000);
    t.is((await call(service, '/get/a', slow)).status, 429);
    clock.pass(1000);
    t.is((await set(service, { sent: 'x'.repeat(3000) }, slow)).status, 200);
    await waitFor('the count', async () => (await call(service, '/get/a', slow)).status === 429);
    clock.pass(10_000);
    t.is((await set(service, { sent: 'x'.repeat(3000) }, { ...slow, chunked: true })).status, 200);
    await waitFor('the count', async () => (await call(service, '/get/a', slow)).status === 429);
    t.is((await call(service, '/get/sent', free)).status, 200);
  },
);

contractTest('what a watch is sent counts while it is open', async (t, kind) => {
  const { service, clock } = await startWith(t, kind, { bytes: 5000 });
  const watch = await openEvents(t, service, '/watch', slow.headers);
  await waitFor('the watch', () => watch.comments() === 1);
  t.is((await call(service, '/whoami', slow)).status, 200);
  await set(service, { a: 'x'.repeat(20_000) }, free);
  await watch.until(1);
  clock.pass(1000);
  t.is((await call(service, '/whoami', slow)).status, 429);
  t.false(watch.ended(), 'what has begun goes on');
});

contractTest(
  'the settings limit tokens whose entry says nothing else; by default nothing is limited',
  async (t, kind) => {
    const { service } = await startWith(t, kind, undefined, { requests: 1 });
    const own = await call(service, '/whoami', slow);
    t.deepEqual(JSON.parse(own.text).limits, { requests: 1, bytes: null });
    t.is((await call(service, '/whoami', slow)).status, 429);
    for (let i = 0; i < 3; i++) {
      const answer = await call(service, '/whoami', free);
      t.is(JSON.parse(answer.text).limits, null, 'an entry with 0 has no limit');
      t.is(answer.headers.ratelimit, undefined);
    }
    const plain = await startWith(t, kind, undefined);
    for (let i = 0; i < 20; i++) t.is((await call(plain.service, '/whoami', slow)).status, 200);
  },
);

test('an allowance never gives more than its rate and one second of it, whatever is asked when', (t) => {
  const step = fc.record({ pass: fc.integer({ min: 0, max: 3000 }), spend: fc.integer({ min: 0, max: 50 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(step, { minLength: 1, maxLength: 60 }),
      (perSecond, steps) => {
        const allowance = new Allowance(perSecond, 0);
        let [now, used, debt] = [0, 0, 0];
        for (const { pass, spend } of steps) {
          now += pass;
          if (!allowance.take(now)) {
            const wait = allowance.secondsToNext(now) * 1000;
            now += wait;
            t.true(allowance.isLeft(now), 'Retry-After is long enough');
            continue;
          }
          used += 1 + spend;
          allowance.spend(spend, now);
          debt = Math.max(debt, spend);
          t.true(used <= perSecond * (1 + now / 1000) + debt + 1e-6);
          t.true(allowance.left(now) <= perSecond);
        }
      },
    ),
  );
});
