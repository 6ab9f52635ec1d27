import test from 'ava';
import { violations } from '../../../../checks/linearizable/judge/linearizable.ts';
import { isOverwritten } from '../../../../checks/linearizable/judge/tags.ts';
import { run } from '../../../../checks/linearizable/run.ts';

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

test.serial('histories of replicas that read by lease are linearizable', async (t) => {
  const { history, faults, mirrored, counted, leases } = await run({
    schedule: [
      'replica paused',
      'process cut off for long',
      'one replica cut off from another',
      'replica gone and reports held back',
      'leader paused for long',
      'compaction while a replica is paused and connections of replicas cut',
      'machine suspended and wall clock put back',
    ],
    freshReads: 'lease',
    seed: 3,
  });
  t.true(history.length > 1000);
  t.deepEqual(violations(history), []);
  t.deepEqual(faults, []);
  t.true(counted > 500);
  t.true(mirrored.compared > 10 && mirrored.events > 500);
  // Leases were held, answered reads, and were ended by other replicas.
  t.true(leases.held > 0.1, JSON.stringify(leases));
  t.true(leases.reads - leases.byBarrier > 1000, JSON.stringify(leases));
  t.true((leases.counts.kvstore_notices_total ?? 0) > 0, JSON.stringify(leases));
});

test.serial('without the barrier the same check finds stale answers', async (t) => {
  const { history } = await run({ schedule: ['process cut off', 'answers held back'], seed: 2, stale: true });
  t.true(violations(history).length > 0);
});

test.serial('clocks that differ by more than reads by lease allow are found', async (t) => {
  for (const fault of ['a clock that stands still', 'a clock at less than half the rate']) {
    const { history, faults } = await run({ schedule: [fault, fault], freshReads: 'lease', seed: 4 });
    t.true(violations(history).length + faults.length > 0, fault);
  }
});
