/** How many of the writes that wait share a transaction. */
import test from 'ava';
import { type Gathered, type Write, WriteQueue } from '../../../../src/store/etcd/write/write-queue.ts';

const limits = { maxTxnOps: 10_000, maxRequestBytes: 8 << 20 };

function write(key: string, bytes: number): Write<Gathered, void> {
  const set = { values: new Map([[key, 1]]), deletes: false, lease: undefined };
  const nothing = () => {};
  return { set, bytes, operations: 1, deadline: 0, resolve: nothing, reject: nothing, span: undefined };
}

const keysOf = (writes: readonly Write<Gathered, void>[]) => writes.flatMap(({ set }) => [...set.values.keys()]);

/** What each transaction takes, by the keys, until nothing waits. */
function transactions(queue: WriteQueue<Write<Gathered, void>>): string[][] {
  const taken: string[][] = [];
  while (queue.length > 0) taken.push(keysOf(queue.take()));
  return taken;
}

test('several share a mebibyte, and a larger one goes alone', (t) => {
  const queue = new WriteQueue<Write<Gathered, void>>(limits);
  for (let i = 0; i < 5; i++) queue.push(write(`middle-${i}`, 400 << 10));
  queue.push(write('large', 5 << 20));
  t.deepEqual(transactions(queue), [['middle-0', 'middle-1'], ['middle-2', 'middle-3'], ['middle-4'], ['large']]);
});

test('small requests wait for one transaction of large ones, not for all of them, and large ones for one of small ones', (t) => {
  const queue = new WriteQueue<Write<Gathered, void>>(limits);
  for (let i = 0; i < 4; i++) queue.push(write(`large-${i}`, 1 << 20));
  t.deepEqual(
    queue.take().map(({ bytes }) => bytes),
    [1 << 20],
  );
  for (let i = 0; i < 3; i++) queue.push(write(`small-${i}`, 100));
  const taken = [];
  for (let i = 3; queue.length > 0; i++) {
    taken.push(keysOf(queue.take()));
    // More come than one transaction takes.
    if (i < 6) queue.push(write(`small-${i}`, 100));
  }
  t.deepEqual(taken, [
    ['small-0', 'small-1', 'small-2'],
    ['large-1'],
    ['small-3', 'small-4'],
    ['large-2'],
    ['small-5'],
    ['large-3'],
  ]);
});

test('small requests fill up a transaction of large ones', (t) => {
  const queue = new WriteQueue<Write<Gathered, void>>(limits);
  queue.push(write('small-0', 100));
  queue.push(write('large', 100 << 10));
  queue.push(write('small-1', 100));
  t.deepEqual(transactions(queue), [['large', 'small-0', 'small-1']]);
});

test('a request of many keys is large, however few bytes they have', (t) => {
  const queue = new WriteQueue<Write<Gathered, void>>({ ...limits, maxTxnOps: 1000 });
  for (const name of ['first', 'second']) queue.push({ ...write(name, 10_000), operations: 900 });
  queue.take();
  queue.push(write('small', 100));
  t.deepEqual(transactions(queue), [['small'], ['second']]);
});

test('what was taken and comes back counts as before, as does what is overdue', (t) => {
  const queue = new WriteQueue<Write<Gathered, void>>(limits);
  queue.push({ ...write('large', 1 << 20), deadline: 1 });
  queue.push({ ...write('small', 100), deadline: 2 });
  const taken = queue.take();
  queue.putBack(taken);
  t.deepEqual(queue.takeOverdue(1), taken);
  t.deepEqual(transactions(queue), [['small']]);
  t.is(queue.length, 0);
});
