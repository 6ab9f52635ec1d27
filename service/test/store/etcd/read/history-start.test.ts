import { status } from '@grpc/grpc-js';
import { EtcdCallError } from '@kvstore/etcd/call-error.ts';
import test from 'ava';
import { HistoryStart } from '../../../../src/store/etcd/read/history-start.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();

/** History that begins at revision 50. */
function history() {
  const clock = new ManualClock();
  const reads: number[] = [];
  const readAt = async (revision: number) => {
    reads.push(revision);
    await new Promise(setImmediate);
    if (revision >= 50) return;
    throw new EtcdCallError('mvcc: required revision has been compacted', status.OUT_OF_RANGE, true);
  };
  return { clock, reads, start: new HistoryStart({ clock, requestTimeout: 5000, readAt }) };
}

test('many that ask at once share reads of etcd, and each gets the answer for its own revision', async (t) => {
  const { reads, start } = history();
  // In an order that is none.
  const revisions = Array.from({ length: 99 }, (_, i) => ((i * 37) % 99) + 1);
  const reached = await Promise.all(revisions.map((revision) => start.reaches(revision, signal)));
  t.deepEqual(
    reached,
    revisions.map((revision) => revision >= 50),
  );
  t.true(reads.length < 20, String(reads));
});

test('an answer holds for a second', async (t) => {
  const { clock, reads, start } = history();
  t.true(await start.reaches(60, signal));
  t.false(await start.reaches(40, signal));
  clock.pass(1000);
  t.true(await start.reaches(61, signal));
  t.false(await start.reaches(39, signal));
  t.deepEqual(reads, [60, 40]);
  clock.pass(1);
  t.true(await start.reaches(61, signal));
  t.false(await start.reaches(39, signal));
  t.deepEqual(reads, [60, 40, 61, 39]);
});

test('an etcd that does not answer is asked again until the time of the request is over', async (t) => {
  const clock = new ManualClock();
  let tries = 0;
  const start = new HistoryStart({
    clock,
    requestTimeout: 5000,
    async readAt(_, timeout) {
      tries++;
      clock.pass(timeout);
      throw new EtcdCallError('no answer', status.DEADLINE_EXCEEDED, true);
    },
  });
  let problem: unknown;
  const asked = start.reaches(1, signal).catch((error: unknown) => {
    problem = error;
  });
  for (let i = 0; i < 100 && problem === undefined; i++) {
    await new Promise(setImmediate);
    if (clock.waiting > 0) clock.pass(100);
  }
  await asked;
  t.like(problem, { code: 'unavailable', cause: 'no answer' });
  t.is(tries, 5);
});

test('a watch that is closed asks no more', async (t) => {
  const { reads, start } = history();
  await start.reaches(60, AbortSignal.abort());
  t.deepEqual(reads, []);
});
