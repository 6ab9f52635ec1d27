/** A short run of `npm run faults` in each mode; the command itself runs for as long as it is told. */
import test, { type ExecutionContext } from 'ava';
import type { Operation } from '../linearizable/history/operation.ts';
import { withPresence } from '../linearizable/history/presence.ts';
import { violations } from '../linearizable/judge/linearizable.ts';
import { run } from './run.ts';
import { availability } from './summary.ts';
import type { Mode } from './system.ts';

async function survives(t: ExecutionContext, mode: Mode): Promise<void> {
  t.timeout(540_000);
  const summary = await run({ mode, seconds: 8, seed: 11, rest: 20 });
  t.log(JSON.stringify(summary));
  t.true(Object.keys(summary.faults).length > 0);
  t.true(summary.operations > 100);
  t.true(summary.expiring.judged > 0);
  t.true(summary.counted > 50);
  t.is(summary.failure, undefined);
  t.deepEqual(summary.lostOrStale, []);
}

test.serial('embedded: nothing is lost or stale under faults', survives, 'embedded');
test.serial('etcd: nothing is lost or stale under faults', survives, 'etcd');

const operation = { client: 0, kind: 'read', register: 'x', value: '1' } as const;

test('seconds without an answer are counted, and the longest time is found', (t) => {
  const ends = [100, 200, 4500, 5100, Number.POSITIVE_INFINITY];
  const history = ends.map((end): Operation => ({ ...operation, start: 0, end }));
  t.deepEqual(availability(history, 0, 6000), { unavailable: 3, longestGap: 4.3 });
});

test('a search that misses a key, although it was there, is a violation', (t) => {
  const write: Operation = { ...operation, kind: 'write', start: 0, end: 10 };
  const search = (value: string | undefined, start: number): Operation => ({
    ...{ client: 1, kind: 'read', register: 'presence of x', value },
    ...{ start, end: start + 5 },
  });
  t.deepEqual(violations(withPresence([search(undefined, -20), write, search('there', 20)])), []);
  t.is(violations(withPresence([write, search(undefined, 20), search('there', 30)])).length, 1);
  t.is(violations(withPresence([write, search('torn x-0', 20)])).length, 1);
});
