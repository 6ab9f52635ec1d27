import type { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { Watches, type WatchesOptions } from '../../../../src/store/etcd/read/watches.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

test('a watch that waits in vain until the index is settled ends when a request would', async (t) => {
  const clock = new ManualClock();
  let isWaiting = false;
  const reach = () => {
    isWaiting = true;
    return new Promise<void>(() => {});
  };
  const options = { clock, requestTimeout: 5000, replica: { reach } } as unknown as WatchesOptions;
  const watches = new Watches(options);
  const ended: Problem[] = [];
  const end = (problem: Problem) => void ended.push(problem);
  watches.watch(7, { opened: () => t.fail(), revision: () => t.fail(), end });
  await waitFor('it waits', () => isWaiting);
  clock.pass(4999);
  await new Promise(setImmediate);
  t.deepEqual(ended, []);
  clock.pass(1);
  await waitFor('it ends', () => ended.length > 0);
  t.is(ended[0]?.code, 'unavailable');
  t.regex(ended[0]?.message ?? '', /within 5000 ms/);
});
