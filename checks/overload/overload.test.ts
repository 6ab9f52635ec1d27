/** A short run of `npm run overload`, without what depends on how fast the machine is; and how its figures are judged. */
import test from 'ava';
import type { Exchange } from './exchange.ts';
import { normalTime, recoveryTime } from './recovery.ts';
import { run } from './run.ts';
import { brokenPromises, type Summary, summaryText } from './summary.ts';

test.serial('20 times the capacity: answers are 200 or 503 with Retry-After, and probes are answered', async (t) => {
  const { overload, client, probes } = await run(1.5);
  t.true(overload.refused.count > 0);
  t.true(overload.answered.count > 0);
  t.is(overload.withoutRetryAfter, 0);
  t.deepEqual(overload.others, {});
  t.true(client.count > 0);
  t.deepEqual(
    Object.keys(client.outcomes).filter((outcome) => !['200', '503'].includes(outcome)),
    [],
  );
  t.deepEqual(Object.keys(probes.outcomes), ['200']);
});

const end = 10_000;
/** A request every 100 ms from `first` on, for 3 s. */
function requests(first: number, how: (sent: number) => Partial<Exchange>): Exchange[] {
  return Array.from({ length: 30 }, (_, i) => {
    const sent = first + 100 * i;
    return { sent, took: 5, outcome: 200, retryAfter: false, ...how(sent) };
  });
}

test('recovery begins with the first second in which all is well again', (t) => {
  const normal = normalTime(requests(0, () => ({})));
  t.is(normal, 50);
  const since = (how: (sent: number) => Partial<Exchange>) => recoveryTime(requests(end, how), end, normal);
  t.is(
    since(() => ({})),
    0,
  );
  t.is(
    since((sent) => (sent < end + 300 ? { outcome: 503 } : {})),
    300,
  );
  t.is(
    since((sent) => (sent === end + 700 ? { took: 51 } : {})),
    800,
  );
  t.is(
    since(() => ({ outcome: 'Error: socket hang up' })),
    undefined,
  );
});

const times = { count: 100, p50: 1, p99: 2 };
const good: Summary = {
  ...{ seconds: 1, capacity: 5, normal: 50, recovery: 0 },
  overload: { offered: 200, lastSent: 0, answered: times, refused: times, withoutRetryAfter: 0, others: {} },
  client: { ...times, outcomes: { 200: 60, 503: 40 }, worst: 3 },
  probes: { ...times, outcomes: { 200: 100 }, worst: 3 },
  memory: { before: 100, most: 200, after: 150 },
};

test('what keeps its promises is not reported', (t) => {
  t.deepEqual(brokenPromises(good), []);
  t.regex(summaryText(good), /offered: 200 in 1 s, 200 a second, 40\.0 times the capacity/);
  const nothingRefused = { ...good.overload, refused: { count: 0, p50: 0, p99: 0 } };
  t.deepEqual(brokenPromises({ ...good, overload: nothingRefused }), []);
});

const bad: Readonly<Record<string, Partial<Summary>>> = {
  'an answer that is neither': { overload: { ...good.overload, others: { 500: 1 } } },
  'a refusal that does not say when to try again': { overload: { ...good.overload, withoutRetryAfter: 1 } },
  'slow refusals': { overload: { ...good.overload, refused: { ...times, p50: 501 } } },
  'a broken connection of a bystander': { client: { ...good.client, outcomes: { 'Error: ECONNRESET': 1 } } },
  'a probe that failed': { probes: { ...good.probes, outcomes: { 200: 99, 503: 1 } } },
  'a probe that came too late': { probes: { ...good.probes, worst: 5001 } },
  'memory without bounds': { memory: { before: 100, most: 613, after: 150 } },
  'a slow recovery': { recovery: 2001 },
  'no recovery': { recovery: undefined },
};

for (const [what, change] of Object.entries(bad)) {
  test(`reported: ${what}`, (t) => {
    t.is(brokenPromises({ ...good, ...change }).length, 1);
  });
}
