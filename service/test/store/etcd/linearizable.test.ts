import test from 'ava';
import { violations } from '../../../../checks/linearizable/history.ts';
import { run } from '../../../../checks/linearizable/run.ts';
import { isOverwritten } from '../../../../checks/linearizable/tags.ts';

test.serial('histories of three processes under faults are linearizable', async (t) => {
  const { history, faults, mirrored, counted } = await run({
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
  // Entity tags, copies of the store that clients keep by watching, and counters.
  t.deepEqual(faults, []);
  t.true(counted > 500);
  t.true(mirrored.compared > 10 && mirrored.events > 1000);
  // What the checks are for has happened.
  t.true(history.some(({ kind }) => kind === 'refused'));
  t.true(history.some(({ replaces }) => replaces !== undefined));
  t.true(history.some(({ tag = '' }) => isOverwritten(tag)));
});

test.serial('without the barrier the same check finds stale answers', async (t) => {
  const { history } = await run({ schedule: ['process cut off', 'answers held back'], seed: 2, stale: true });
  t.true(violations(history).length > 0);
});
