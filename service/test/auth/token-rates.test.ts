/** Limits of tokens: what is refused, what is said of it, and that no other token pays for it. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { waitFor } from '../../../test-support/wait-for.ts';
import { Allowance } from '../../src/flow-control/allowance.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectRaw, type RawConnection } from '../support/raw-connection.ts';
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

const head = (line: string, token: string, rest = '') =>
  `${line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${rest}\r\n`;

/** The answers to so many requests of a connection, apart from each other; the last one is JSON. */
async function answersOf({ received }: RawConnection, many: number): Promise<readonly string[]> {
  const answers = () => received().split(/(?=HTTP\/1\.1 )/);
  await waitFor('the answers', () => answers().length === many && /}\s*$/.test(received()));
  return answers();
}

const leftIn = (answer: string | undefined) => Number(/RateLimit: "bytes";r=(\d+)/i.exec(answer ?? '')?.[1]);

contractTest('a body counts as far as it has come, whatever length its head says', async (t, kind) => {
  const { service } = await startWith(t, kind, { bytes: 100_000 });
  for (const line of ['POST /set', 'GET /get/a']) {
    const connection = await connectRaw(t, service);
    connection.send(`${head(line, slowText, 'Content-Length: 900000000000\r\n')}x`);
    await connection.until(/^HTTP\/1\.1 4(04|13) /);
    connection.socket.destroy();
  }
  await waitFor('the end of these connections', async () => {
    const connections = Promise.withResolvers<number>();
    service.server.getConnections((_error, count) => connections.resolve(count));
    return (await connections.promise) === 0;
  });
  const answer = await call(service, '/whoami', slow);
  t.is(answer.status, 200);
  t.true(Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]) > 90_000, String(answer.headers.ratelimit));
});

contractTest(
  'a body that comes behind its answer counts, and what follows it on its connection does not',
  async (t, kind) => {
    const { service } = await startWith(t, kind, { bytes: 10_000_000 });
    const connection = await connectRaw(t, service);
    const length = 3_000_000;
    connection.send(head('GET /get/none', slowText, `Content-Length: ${length}\r\n`));
    const [first = ''] = await answersOf(connection, 1);
    connection.send('x'.repeat(length) + head('GET /whoami', slowText));
    const [, second = ''] = await answersOf(connection, 2);
    connection.send(head('GET /whoami', slowText));
    const [, , third = ''] = await answersOf(connection, 3);
    t.is(leftIn(first), 10_000_000);
    t.is(leftIn(third), 10_000_000 - first.length - length - second.length);
  },
);

contractTest(
  'each byte of requests that are sent ahead counts once, for the token whose answer it is',
  async (t, kind) => {
    const { service } = await startWith(t, kind, { bytes: 10_000_000 });
    await set(service, { big: 'x'.repeat(30_000) }, free);
    const connection = await connectRaw(t, service);
    const many = 10;
    const both = head('GET /whoami', slowText) + head('GET /get/big', writer);
    connection.send(both.repeat(many) + head('GET /get/big', slowText).repeat(2) + head('GET /whoami', slowText));
    const answers = await answersOf(connection, 2 * many + 3);
    t.is(answers.length, 2 * many + 3);
    let left = 10_000_000;
    for (const [i, answer] of answers.entries()) {
      if (i < 2 * many && i % 2 === 1) {
        t.true(answer.length > 30_000);
        continue;
      }
      t.is(leftIn(answer), left, `answer ${i}`);
      left -= answer.length;
    }
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
