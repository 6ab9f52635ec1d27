/** Those who wait for changes of keys share one watch of the store, whatever becomes of it. */
import { unavailable } from '@kvstore/core/problem.ts';
import test from 'ava';
import { KeyChanges } from '../../../src/operations/watch/key-changes.ts';
import type { Watcher } from '../../../src/store/store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A store whose watches are what the test makes of them. */
function setUp() {
  const clock = new ManualClock();
  const watches: { readonly after: number; readonly on: Watcher; closed: boolean }[] = [];
  let revision = 7;
  const store = {
    revision: () => revision,
    watch(after: number, on: Watcher) {
      const watch = { after, on, closed: false };
      watches.push(watch);
      return {
        position: after,
        close() {
          watch.closed = true;
        },
      };
    },
  };
  const changes = new KeyChanges(store, clock);
  const woken: string[] = [];
  return {
    ...{ clock, watches, woken },
    wait: (key: string, name = key) => changes.once(key, () => woken.push(name)),
    change: (...keys: string[]) => {
      revision++;
      const value = undefined;
      watches.at(-1)?.on.revision({ revision, changes: keys.map((key) => ({ key, value, revision })) });
    },
    last: () => watches.at(-1) as (typeof watches)[number],
  };
}

test('one watch serves all, from what the index shows, and is open while anyone waits', (t) => {
  const { wait, change, watches, woken } = setUp();
  wait('a', 'a1');
  wait('a', 'a2');
  const cancel = wait('b');
  t.deepEqual([watches.length, watches[0]?.after], [1, 7]);
  watches[0]?.on.opened();
  t.deepEqual(woken, [], 'the one who opened it reads after that');
  change('x', 'a', 'y');
  t.deepEqual(woken, ['a1', 'a2']);
  change('a');
  t.is(woken.length, 2, 'once');
  t.false(watches[0]?.closed);
  cancel();
  t.true(watches[0]?.closed);
  cancel();
  wait('c');
  t.deepEqual([watches.length, watches[1]?.after], [2, 9]);
});

test('one who waits again after its change is not lost with the watch of before', (t) => {
  const { wait, change, watches, woken } = setUp();
  const cancel = wait('a', 'first');
  change('a');
  wait('a', 'second');
  // As the round that has ended cleans up.
  cancel();
  t.is(watches.length, 2);
  watches[0]?.on.end(unavailable('late'));
  watches[0]?.on.revision({ revision: 8, changes: [{ key: 'a', value: undefined, revision: 8 }] });
  t.deepEqual(woken, ['first']);
  change('a');
  t.deepEqual(woken, ['first', 'second']);
});

test('a watch that ends wakes all, and is opened again after a pause', (t) => {
  const { wait, watches, woken, clock, last } = setUp();
  wait('a', 'a1');
  wait('b', 'b1');
  last().on.opened();
  last().on.end(unavailable('resync'));
  t.deepEqual(woken, ['a1', 'b1']);
  wait('a', 'a2');
  t.is(watches.length, 2);
  // Not yet: the store is still being synced.
  for (let i = 0; i < 3; i++) {
    const before = watches.length;
    last().on.end(unavailable('resync'));
    wait(`c${i}`);
    t.is(watches.length, before, 'not at once');
    clock.pass(100);
    t.is(watches.length, before + 1);
  }
  t.deepEqual(woken, ['a1', 'b1'], 'a failed try wakes none of them');
  last().on.opened();
  t.deepEqual(woken.slice(2).sort(), ['a2', 'c0', 'c1', 'c2'], 'changes may have been missed meanwhile');
  t.true(last().closed);
  t.is(clock.waiting, 0);
});

test('when the last one leaves while the watch is to be opened again, it is not', (t) => {
  const { wait, watches, clock, last } = setUp();
  const cancel = wait('a');
  last().on.end(unavailable('resync'));
  t.is(clock.waiting, 1);
  cancel();
  t.is(clock.waiting, 0);
  clock.pass(1000);
  t.is(watches.length, 1);
});
