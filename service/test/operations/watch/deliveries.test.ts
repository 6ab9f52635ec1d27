import test from 'ava';
import { EventLoopScheduler } from '../../../src/flow-control/event-loop-scheduler.ts';
import { Deliveries, type Receiver } from '../../../src/operations/watch/deliveries.ts';
import type { SharedRevision } from '../../../src/operations/watch/shared-revision.ts';
import type { Revision } from '../../../src/store/store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const timeline = '00000001';
const everything = { prefix: '', suffix: '' };

function revisionOf(revision: number, bytes = 0): Revision {
  return { revision, changes: [{ key: 'k', value: `"${'x'.repeat(bytes)}"`, revision }] };
}

/** A stream that holds what it is given until it is cut. */
class Holder implements Receiver {
  isBlocked: boolean;
  cuts = 0;
  drops = 0;
  delivered = 0;
  readonly #deliveries: Deliveries;
  readonly #held: SharedRevision[] = [];

  constructor(deliveries: Deliveries, isBlocked: boolean) {
    this.#deliveries = deliveries;
    this.isBlocked = isBlocked;
    deliveries.join(this);
  }

  get oldest(): number | undefined {
    return this.#held[0]?.number;
  }

  take(shared: SharedRevision): void {
    this.#held.push(shared);
    this.#deliveries.hold(shared);
  }

  deliver(): number {
    this.delivered++;
    return 0;
  }

  drop(): void {
    this.drops++;
    this.release();
  }

  cut(): void {
    this.cuts++;
  }

  release(): void {
    for (const shared of this.#held.splice(0)) this.#deliveries.release(shared);
  }
}

test('an event is made once, however many watches send it, and counts once', (t) => {
  const deliveries = new Deliveries({ most: 1 << 20 });
  const revision = revisionOf(1, 10_000);
  const shared = Array.from({ length: 100 }, () => deliveries.share(revision, timeline));
  const [first] = shared as [SharedRevision];
  const [event] = first.eventsFor(everything, 0, 0);
  for (const each of shared) t.is(each.eventsFor(everything, 0, 0)[0], event);
  t.is(first.eventsFor({ prefix: 'other', suffix: '' }, 0, 0).length, 0);
  const holders = shared.map((each) => {
    const holder = new Holder(deliveries, true);
    holder.take(each);
    return holder;
  });
  t.true(deliveries.bytes > 10_000 && deliveries.bytes < 40_000, `${deliveries.bytes}`);
  for (const holder of holders) holder.release();
  t.is(deliveries.bytes, 0);
  t.not(deliveries.share(revision, '00000002'), deliveries.share(revision, timeline), 'ids name their timeline');
});

test('what waits for all together has a bound: those that take nothing and are furthest behind are cut first', (t) => {
  const most = 100_000;
  const deliveries = new Deliveries({ most, clock: new ManualClock() });
  const healthy = new Holder(deliveries, false);
  const [oldest, newer] = [new Holder(deliveries, true), new Holder(deliveries, true)];
  for (let i = 1; i <= 20; i++) {
    const shared = deliveries.share(revisionOf(i, 10_000), timeline);
    if (i <= 3) oldest.take(shared);
    else newer.take(shared);
    healthy.release();
    healthy.take(shared);
    t.true(deliveries.bytes <= most, `${deliveries.bytes} after ${i}`);
    t.true(newer.cuts === 0 || oldest.cuts > 0);
  }
  t.true(oldest.cuts > 0 && newer.cuts > 0);
  t.is(healthy.cuts, 0);
});

test('thousands are cut in turns, and no more than it takes', async (t) => {
  const clock = new ManualClock();
  const most = 100_000;
  const deliveries = new Deliveries({ most, clock });
  const holders = Array.from({ length: 100 }, () => new Holder(deliveries, true));
  let cuts = 0;
  for (const holder of holders) {
    holder.cut = () => {
      clock.pass(1);
      cuts++;
    };
  }
  // What each of them waits for, others do not.
  for (const [i, holder] of holders.entries()) {
    holder.take(deliveries.share(revisionOf(2 * i, 900), timeline));
    if (deliveries.bytes > (most * 3) / 4) break;
  }
  const shared = deliveries.share(revisionOf(1000, 30_000), timeline);
  holders.at(-1)?.take(shared);
  t.is(cuts, 2);
  t.true(deliveries.bytes <= (most * 3) / 4, 'there is room at once');
  const dropped = holders.filter(({ drops }) => drops > 0).length;
  for (let turn = 2; cuts < dropped; turn++) {
    await new Promise(setImmediate);
    t.true(cuts <= 2 * turn, `${cuts} in ${turn} turns`);
  }
  const { length } = holders;
  t.true(cuts > 4 && cuts < length / 2, `${cuts} of ${length}`);
});

test('what clients have missed leaves room for what happens, and is not kept waiting by those that take nothing', async (t) => {
  const clock = new ManualClock();
  const deliveries = new Deliveries({ most: 100_000, clock });
  t.is(deliveries.room(), undefined);
  const stuck = new Holder(deliveries, true);
  for (let i = 1; i <= 3; i++) stuck.take(deliveries.share(revisionOf(i, 10_000), timeline));
  let hasRoom = false;
  void deliveries.room()?.then(() => {
    hasRoom = true;
  });
  clock.pass(999);
  await new Promise(setImmediate);
  t.false(hasRoom);
  clock.pass(1);
  await new Promise(setImmediate);
  t.true(hasRoom);
  t.is(stuck.cuts, 1);
  clock.pass(1000);
  t.is(clock.waiting, 0);
});

test('a client that takes nothing any more makes room, although it still took something when others began to wait', async (t) => {
  const clock = new ManualClock();
  const deliveries = new Deliveries({ most: 100_000, clock });
  const stuck = new Holder(deliveries, false);
  for (let i = 1; i <= 3; i++) stuck.take(deliveries.share(revisionOf(i, 10_000), timeline));
  let hasRoom = false;
  void deliveries.room()?.then(() => {
    hasRoom = true;
  });
  clock.pass(1000);
  t.is(stuck.cuts, 0);
  stuck.isBlocked = true;
  clock.pass(1000);
  await new Promise(setImmediate);
  t.is(stuck.cuts, 1);
  t.true(hasRoom);
});

test('while a write is on its way, deliveries take a quarter of their time in a turn, and rest for as long', async (t) => {
  const clock = new ManualClock();
  const scheduler = new EventLoopScheduler(clock);
  scheduler.writeBegan();
  const deliveries = new Deliveries({ most: 1 << 20, clock, scheduler });
  let sent = 0;
  for (let i = 0; i < 20; i++) {
    const stream = new Holder(deliveries, false);
    stream.deliver = () => {
      clock.pass(1);
      sent++;
      // As much as is sent before the time is looked at.
      return 512 * 1024;
    };
    deliveries.ready(stream);
  }
  for (const count of [1, 2, 3]) {
    await new Promise(setImmediate);
    t.is(sent, count);
    await new Promise(setImmediate);
    t.is(sent, count);
    clock.pass(1);
  }
  scheduler.writeEnded();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.is(sent, 8);
});

test('while connections come in turn after turn, deliveries take a tenth of the time', async (t) => {
  const clock = new ManualClock();
  const scheduler = new EventLoopScheduler(clock);
  const deliveries = new Deliveries({ most: 1 << 20, clock, scheduler });
  let sending = 0;
  for (let i = 0; i < 40; i++) {
    const stream = new Holder(deliveries, false);
    stream.deliver = () => {
      clock.pass(1);
      sending++;
      return 512 * 1024;
    };
    deliveries.ready(stream);
  }
  for (let i = 0; i < 100; i++) {
    scheduler.connectionAccepted();
    clock.pass(1);
    await new Promise(setImmediate);
  }
  t.true(sending >= 8 && sending <= 20, `${sending} of ${clock.now()} ms`);
});

test('streams take turns: what sending takes does not keep the event loop', async (t) => {
  const clock = new ManualClock();
  const deliveries = new Deliveries({ most: 1 << 20, clock });
  const streams = Array.from({ length: 200 }, () => new Holder(deliveries, false));
  for (const stream of streams) {
    stream.deliver = () => {
      clock.pass(1);
      stream.delivered++;
      return 0;
    };
    deliveries.ready(stream);
    deliveries.ready(stream);
  }
  const sent = () => streams.reduce((sum, { delivered }) => sum + delivered, 0);
  t.is(sent(), 0);
  let before = 0;
  while (before < streams.length) {
    await new Promise(setImmediate);
    t.true(sent() - before <= 64, `${sent() - before} in a turn`);
    before = sent();
  }
  t.deepEqual(new Set(streams.map(({ delivered }) => delivered)), new Set([1]));
});

test('a part of a revision that waits is the same for all watches of its prefixes, whatever others get in between', (t) => {
  const deliveries = new Deliveries({ most: 1 << 20 });
  const [one, other] = [revisionOf(1), revisionOf(1)];
  const shared = deliveries.share(one, timeline);
  deliveries.hold(shared);
  deliveries.hold(deliveries.share(other, timeline));
  t.is(deliveries.share(one, timeline), shared);
  t.not(deliveries.share(one, '00000002'), shared);
  deliveries.release(shared);
  deliveries.share(other, timeline);
  t.not(deliveries.share(one, timeline), shared, 'what no watch waits for is not kept');
});
