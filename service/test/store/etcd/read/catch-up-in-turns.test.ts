/** Watches that catch up share etcd: slow clients keep no other from what it has missed. */
import test from 'ava';
import { pause } from '../../../../src/store/clock.ts';
import type { Watcher } from '../../../../src/store/store.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { settle } from '../../../support/settle.ts';
import { keepHistory } from './kept-history.ts';

const newest = 40;
const all = Array.from({ length: newest }, (_, i) => i + 1);

/** Notes what comes; a watcher of the kind takes 300 ms for each revision. */
function watcher(clock: ManualClock, kind: 'fast' | 'slow to make room' | 'slow to take') {
  const seen: number[] = [];
  const noted = { seen, isOpen: false, end: '' };
  let freeAt = 0;
  const on: Watcher = {
    opened: () => {
      noted.isOpen = true;
    },
    room: () => (clock.now() >= freeAt ? undefined : pause(clock, freeAt - clock.now())),
    revision({ revision }) {
      seen.push(revision);
      if (kind === 'slow to make room') freeAt = clock.now() + 300;
      return kind === 'slow to take' ? pause(clock, 300) : undefined;
    },
    end: ({ message }) => {
      noted.end = message;
    },
  };
  return { noted, on };
}

async function passUntil(clock: ManualClock, milliseconds: number, isDone = () => false): Promise<void> {
  for (const end = clock.now() + milliseconds; clock.now() < end && !isDone(); await settle()) clock.pass(50);
}

for (const kind of ['slow to make room', 'slow to take'] as const) {
  test(`a watch is open at once and catches up soon behind four watchers that are ${kind}`, async (t) => {
    const clock = new ManualClock();
    const { watches, askedFrom } = keepHistory(clock, newest);
    const slow = Array.from({ length: 4 }, () => watcher(clock, kind));
    for (const { on } of slow) watches.watch(0, on);
    await passUntil(clock, 500);
    t.true(slow.every(({ noted }) => noted.seen.length > 0));

    const fast = watcher(clock, 'fast');
    watches.watch(0, fast.on);
    await settle();
    t.true(fast.noted.isOpen, 'before it has a place');
    t.deepEqual(fast.noted.seen, []);
    await passUntil(clock, 2000, () => fast.noted.seen.length === newest);
    t.deepEqual(fast.noted.seen, all);
    t.true(slow.every(({ noted }) => noted.seen.length < newest / 2));

    // Those that made room get the rest: nothing is lost, nothing comes twice, and etcd is not asked again and again.
    await passUntil(clock, 30_000, () => slow.every(({ noted }) => noted.seen.length === newest));
    for (const { noted } of slow) t.deepEqual(noted, { seen: all, isOpen: true, end: '' });
    t.true(askedFrom.length <= 10, String(askedFrom));
  });
}

test('more slow watchers than places take turns, and each gets everything once', async (t) => {
  const clock = new ManualClock();
  const { watches, askedFrom } = keepHistory(clock, newest);
  const slow = Array.from({ length: 12 }, () => watcher(clock, 'slow to make room'));
  for (const { on } of slow) watches.watch(0, on);
  await settle();
  t.true(slow.every(({ noted }) => noted.isOpen));
  // Three rounds of four places, a second each.
  await passUntil(clock, 3500);
  t.true(slow.every(({ noted }) => noted.seen.length >= 2));
  await passUntil(clock, 120_000, () => slow.every(({ noted }) => noted.seen.length === newest));
  for (const { noted } of slow) t.deepEqual(noted, { seen: all, isOpen: true, end: '' });
  // A turn brings three revisions or more: it is no request to etcd for each revision.
  t.true(askedFrom.length <= (12 * newest) / 3, String(askedFrom.length));
});

test('a watch that is closed while it waits for its turn gets nothing, and its place in the queue is free', async (t) => {
  const clock = new ManualClock();
  const { watches } = keepHistory(clock, newest);
  for (let i = 0; i < 4; i++) watches.watch(0, watcher(clock, 'slow to take').on);
  await settle();
  const [gone, next] = [watcher(clock, 'fast'), watcher(clock, 'fast')];
  const watch = watches.watch(0, gone.on);
  watches.watch(0, next.on);
  await settle();
  watch.close();
  await passUntil(clock, 2000, () => next.noted.seen.length === newest);
  t.deepEqual(next.noted.seen, all);
  t.deepEqual(gone.noted, { seen: [], isOpen: true, end: '' });
});

test('a turn that ends before etcd has sent anything brings one revision', async (t) => {
  const clock = new ManualClock();
  const { watches } = keepHistory(clock, newest, 1500);
  const watchers = Array.from({ length: 8 }, () => watcher(clock, 'fast'));
  for (const { on } of watchers) watches.watch(0, on);
  await passUntil(clock, 3500);
  t.true(watchers.every(({ noted }) => noted.seen.length > 0));
  await passUntil(clock, 300_000, () => watchers.every(({ noted }) => noted.seen.length === newest));
  for (const { noted } of watchers) t.deepEqual(noted, { seen: all, isOpen: true, end: '' });
});

test('a watcher that fails while it catches up is ended, and its place is free', async (t) => {
  const clock = new ManualClock();
  const { watches } = keepHistory(clock, newest);
  const ends: string[] = [];
  const fail = () => {
    throw new Error('it fails');
  };
  for (const revision of [fail, async () => fail(), fail, async () => fail()]) {
    watches.watch(0, { opened() {}, revision, end: ({ code }) => void ends.push(code) });
  }
  const next = watcher(clock, 'fast');
  watches.watch(0, next.on);
  await settle();
  t.deepEqual(ends, ['internal', 'internal', 'internal', 'internal']);
  t.deepEqual(next.noted.seen, all);
});
