import { getDefaultHighWaterMark, Readable } from 'node:stream';
import test from 'ava';
import { readingLittleAhead } from '../../../../src/store/etcd/connect/read-ahead.ts';
import { HistoryReads, type Place, turnTime } from '../../../../src/store/etcd/read/history-reads.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();

/** Takes places, which are there. */
async function held(reads: HistoryReads, count: number): Promise<Place[]> {
  const places = await Promise.all(Array.from({ length: count }, () => reads.take(signal)));
  return places.filter((place) => place !== undefined);
}

const isOver = ({ turn }: Place) => turn.aborted;

test('so many read at the same time; others follow in their order, without those that left', async (t) => {
  const reads = new HistoryReads(2, new ManualClock());
  const [first, second] = await held(reads, 2);
  const order: string[] = [];
  const next = (name: string, closed = signal) =>
    reads.take(closed).then((place) => {
      order.push(place === undefined ? `${name} left` : name);
      return place;
    });
  const leaving = new AbortController();
  const [third, , fourth] = [next('third'), next('gone', leaving.signal), next('fourth')];
  leaving.abort();
  first?.giveBack();
  // Twice is once.
  first?.giveBack();
  await third;
  t.deepEqual(order, ['gone left', 'third']);
  second?.giveBack();
  (await third)?.giveBack();
  (await fourth)?.giveBack();
  t.deepEqual(order, ['gone left', 'third', 'fourth']);
  t.not(await reads.take(signal), undefined);
  t.is(await reads.take(leaving.signal), undefined);
});

test('a place is held for as long as no other wants it, and for a turn when one does', async (t) => {
  const clock = new ManualClock();
  const reads = new HistoryReads(2, clock);
  const places = await held(reads, 2);
  clock.pass(10 * turnTime);
  t.false(places.some(isOver));
  t.is(clock.waiting, 0);
  // One waits, so one of the two makes room: at once, since it has had its time.
  const next = reads.take(signal);
  t.deepEqual(places.map(isOver), [true, false]);
  places[0]?.giveBack();
  const [place] = (await Promise.all([next])).filter((each) => each !== undefined);
  t.false(place?.turn.aborted);

  // Two wait: the other one makes room, and the new one when its turn is over.
  const [leaving, waiting] = [new AbortController(), reads.take(signal)];
  const left = reads.take(leaving.signal);
  t.true(places[1]?.turn.aborted);
  clock.pass(turnTime - 1);
  t.false(place?.turn.aborted);
  clock.pass(1);
  t.true(place?.turn.aborted);
  places[1]?.giveBack();
  t.not(await waiting, undefined);
  leaving.abort();
  t.is(await left, undefined);
});

test('a turn goes on when those that waited have left', async (t) => {
  const clock = new ManualClock();
  const reads = new HistoryReads(1, clock);
  const [place] = await held(reads, 1);
  const leaving = new AbortController();
  const left = reads.take(leaving.signal);
  leaving.abort();
  await left;
  clock.pass(turnTime);
  t.false(place?.turn.aborted);
  t.is(clock.waiting, 0);
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
