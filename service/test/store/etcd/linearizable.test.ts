import test from 'ava';
import { violations } from '../../../../test-support/linearizable/history.ts';
import { run } from '../../../../test-support/linearizable/run.ts';

test.serial('histories of three processes under faults are linearizable', async (t) => {
  const { history } = await run({
    schedule: [
      'leader paused',
      'process cut off',
      'follower killed',
      'answers held back',
      'connections cut',
      'compaction',
    ],
    seed: 1,
  });
  t.true(history.length > 1000);
  t.deepEqual(violations(history), []);
});

test.serial('without the barrier the same check finds stale answers', async (t) => {
  const { history } = await run({ schedule: ['process cut off', 'answers held back'], seed: 2, stale: true });
  t.true(violations(history).length > 0);
});
