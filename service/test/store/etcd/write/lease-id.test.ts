import test from 'ava';
import { deadlineOf, idsPerDeadline, leaseIdFor } from '../../../../src/store/etcd/write/lease-id.ts';

test('an id carries its deadline, to the millisecond, and fits a positive int64', (t) => {
  for (const deadline of [1_735_689_600_000, 1_795_000_123_457, 2 ** 42 - 1]) {
    for (const random of [0, 1, idsPerDeadline - 1]) {
      const id = leaseIdFor(deadline, random);
      t.is(deadlineOf(id), deadline);
      t.true(BigInt(id) > 0n && BigInt(id) < 2n ** 63n);
    }
  }
  t.not(leaseIdFor(1_795_000_000_000, 1), leaseIdFor(1_795_000_000_000, 2));
});

test('no lease, and leases of others, tell no deadline', (t) => {
  t.is(deadlineOf(undefined), undefined);
  t.is(deadlineOf('0'), undefined);
  // As etcd makes them itself: the member's id above a time and a counter.
  for (const id of ['7587869264536567302', '3632562839206535443', '1', '9223372036854775807']) {
    t.is(deadlineOf(id), undefined);
  }
  // The mark alone is not enough.
  t.is(deadlineOf(leaseIdFor(1_700_000_000_000, 5)), undefined);
});
