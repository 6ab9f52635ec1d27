/** How long is waited, and for what, on a clock of the test's own. */
import test from 'ava';
import { withRetries } from '../../src/client/retry.ts';
import { ConnectionError, ServerError } from '../../src/client/server-error.ts';
import type { Clock } from '../../src/clock.ts';

const problem = (status: number, code: string, retryAfter?: number) =>
  new ServerError(status, { code, detail: undefined }, retryAfter);
const busy = (retryAfter?: number) => problem(503, 'overloaded', retryAfter);
const lost = new ConnectionError('http://store', Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
const refused = new ConnectionError('http://store', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));

interface Options {
  readonly repeatable?: boolean;
  readonly retryTime?: number;
  /** Milliseconds of each try. */
  readonly lasts?: number;
  /** Whether the store answers in each try. */
  readonly renews?: boolean;
}

/** Throws the errors one after the other, then succeeds; returns how long it waited before each further try. */
async function attempt(errors: readonly Error[], options: Options = {}) {
  const { repeatable = true, retryTime = 60_000, lasts = 0, renews = false } = options;
  const waits: number[] = [];
  let now = 1_000_000;
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      now += ms;
    },
  };
  const left = [...errors];
  const action = async (renew: () => void): Promise<string> => {
    if (renews) renew();
    now += lasts;
    const error = left.shift();
    if (error !== undefined) throw error;
    return 'done';
  };
  const { signal } = new AbortController();
  const onWait = (_: Error, ms: number) => void waits.push(ms);
  const result = await withRetries(action, { repeatable }, { clock, signal, retryTime, random: () => 1, onWait }).catch(
    (error: unknown) => error,
  );
  return { result, waits };
}

test('waits grow, up to 5 s', async (t) => {
  const { result, waits } = await attempt(Array.from({ length: 8 }, () => busy()));
  t.is(result, 'done');
  t.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('Retry-After is waited for as it says', async (t) => {
  t.deepEqual((await attempt([busy(7000), busy(0), busy()])).waits, [7000, 0, 400]);
});

test('the patience has an end, and is not waited out for nothing', async (t) => {
  const last = busy(9000);
  const { result, waits } = await attempt([busy(9000), last], { retryTime: 10_000 });
  t.is(result, last);
  t.deepEqual(waits, [9000]);
});

test('the patience begins with the first error, however long its try lasted', async (t) => {
  t.is((await attempt([lost], { lasts: 600_000 })).result, 'done');
  t.is((await attempt([lost, lost], { lasts: 600_000 })).result, lost);
});

test('a store that answers renews the patience; waits begin anew only when its answer lasted', async (t) => {
  const cuts = Array.from({ length: 8 }, () => lost);
  const long = await attempt(cuts, { lasts: 120_000, renews: true });
  t.deepEqual(long, { result: 'done', waits: cuts.map(() => 100) });
  const short = await attempt(cuts, { lasts: 10, renews: true });
  t.deepEqual(short, { result: 'done', waits: [100, 200, 400, 800, 1600, 3200, 5000, 5000] });
});

test('what may not be repeated is tried again only when nothing happened', async (t) => {
  const once = { repeatable: false };
  t.is((await attempt([refused, busy()], once)).result, 'done');
  t.is((await attempt([lost], once)).result, lost);
  const unknown = problem(503, 'outcome-unknown');
  t.is((await attempt([unknown], once)).result, unknown);
  t.is((await attempt([lost, unknown])).result, 'done');
});

test('what does not pass is not tried again', async (t) => {
  for (const status of [400, 401, 404, 412, 413, 507, 500]) {
    const error = new ServerError(status, undefined);
    t.is((await attempt([error])).result, error, `${status}`);
  }
});
