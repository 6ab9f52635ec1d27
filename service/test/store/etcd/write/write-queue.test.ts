/** How many of the writes that wait share a transaction. */
import test from 'ava';
import { type Gathered, type Write, WriteQueue } from '../../../../src/store/etcd/write/write-queue.ts';

const limits = { maxTxnOps: 10_000, maxRequestBytes: 8 << 20 };

function write(key: string, bytes: number): Write<Gathered, void> {
  const set = { values: new Map([[key, 1]]), deletes: false, lease: undefined };
  const nothing = () => {};
  return { set, bytes, operations: 1, deadline: 0, resolve: nothing, reject: nothing, span: undefined };
}

test('several share a mebibyte, and a larger one goes alone', (t) => {
  const queue = new WriteQueue<Write<Gathered, void>>(limits);
  for (let i = 0; i < 5; i++) queue.push(write(`middle-${i}`, 400 << 10));
  queue.push(write('large', 5 << 20));
  for (let i = 0; i < 5; i++) queue.push(write(`small-${i}`, 100));
  const taken = [];
  while (queue.length > 0) taken.push(queue.take().length);
  t.deepEqual(taken, [2, 2, 1, 1, 5]);
});
