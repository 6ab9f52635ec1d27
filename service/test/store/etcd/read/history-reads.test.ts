import { getDefaultHighWaterMark, Readable } from 'node:stream';
import test from 'ava';
import { readingLittleAhead } from '../../../../src/store/etcd/connect/read-ahead.ts';
import { HistoryReads } from '../../../../src/store/etcd/read/history-reads.ts';

test('so many read at the same time; others follow in their order, without those that left', async (t) => {
  const reads = new HistoryReads(2);
  const { signal } = new AbortController();
  const [first, second] = [await reads.take(signal), await reads.take(signal)];
  t.false(reads.areWanted);
  const order: string[] = [];
  const next = (name: string, closed = signal) =>
    reads.take(closed).then((giveBack) => {
      order.push(giveBack === undefined ? `${name} left` : name);
      return giveBack;
    });
  const leaving = new AbortController();
  const [third, , fourth] = [next('third'), next('gone', leaving.signal), next('fourth')];
  t.true(reads.areWanted);
  leaving.abort();
  first?.();
  // Twice is once.
  first?.();
  await third;
  t.deepEqual(order, ['gone left', 'third']);
  second?.();
  (await third)?.();
  (await fourth)?.();
  t.deepEqual(order, ['gone left', 'third', 'fourth']);
  t.false(reads.areWanted);
  t.not(await reads.take(signal), undefined);
  t.is(await reads.take(leaving.signal), undefined);
});

test('a stream of answers reads one ahead, and others as before', (t) => {
  const made = () => new Readable({ objectMode: true, read() {} }).readableHighWaterMark;
  const before = getDefaultHighWaterMark(true);
  t.is(readingLittleAhead(made), 1);
  const fail = () => {
    throw new Error('it cannot be made');
  };
  t.throws(() => readingLittleAhead(fail), { message: 'it cannot be made' });
  t.is(made(), before);
});
