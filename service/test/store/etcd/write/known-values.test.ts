/** What is known of keys without asking etcd: the newer of the index and etcd's last answer. */
import test from 'ava';
import { comparisonsOf, KnownValues } from '../../../../src/store/etcd/write/known-values.ts';
import { leaseIdFor } from '../../../../src/store/etcd/write/lease-id.ts';
import type { Entry } from '../../../../src/store/store.ts';
import { SettableClock } from '../../../support/settable-clock.ts';

function setUp() {
  const clock = new SettableClock();
  const index = { entry: undefined as Entry | undefined, expired: undefined as number | undefined };
  const known = new KnownValues(
    {
      get: () => index.entry,
      expires: () => undefined,
      expired: () => index.expired,
    },
    clock,
  );
  return { clock, index, known };
}

const there = (value: string, mod_revision: number, lease = '0') => {
  return { key: Buffer.from('n'), value: Buffer.from(value), mod_revision, lease };
};

test('the index is believed, until etcd has answered something newer', (t) => {
  const { index, known } = setUp();
  index.entry = { value: '1', version: 5 };
  t.deepEqual(known.get('n'), { revision: 5, value: '1', expires: undefined });
  known.wrote('n', known.get('n'), '2', 7);
  t.like(known.get('n'), { revision: 7, value: '2' }, 'the index is behind');
  // Another write has followed.
  index.entry = { value: '10', version: 9 };
  t.like(known.get('n'), { revision: 9, value: '10' });
});

test("etcd's answer counts also when it is older than what was known: the store was put back", (t) => {
  const { known } = setUp();
  known.wrote('n', undefined, '2', 100);
  known.saw('n', there('1', 40), 50);
  t.like(known.get('n'), { revision: 40, value: '1' });
  known.saw('n', undefined, 50);
  t.like(known.get('n'), { revision: 0, value: undefined });
});

test('what has expired is not there, but in etcd still', (t) => {
  const { clock, index, known } = setUp();
  index.expired = 3;
  t.deepEqual(known.get('n'), { revision: 3, value: undefined, expires: undefined });
  known.saw('n', there('1', 8, leaseIdFor(clock.wall() + 1000, 0)), 8);
  t.like(known.get('n'), { revision: 8, value: '1' });
  known.wrote('n', known.get('n'), '2', 9);
  t.like(known.get('n'), { revision: 9, value: '2' });
  clock.advance(1000);
  t.like(known.get('n'), { revision: 9, value: undefined });
  known.wrote('n', known.get('n'), '1', 10);
  clock.advance(1000);
  t.like(known.get('n'), { revision: 10, value: '1', expires: undefined });
});

test('what etcd holds and the index does not know is believed, however new the index is', (t) => {
  const { index, known } = setUp();
  known.saw('n', there('no JSON', 8), 20);
  t.like(known.get('n'), { revision: 8, value: undefined });
  // Deleted by then, or not: only etcd can say.
  known.saw('n', there('5', 8), 20);
  t.like(known.get('n'), { revision: 8, value: '5' });
  // Deleted in etcd, and in the index still.
  index.entry = { value: '5', version: 8 };
  known.saw('n', undefined, 21);
  t.like(known.get('n'), { revision: 0, value: undefined });
  known.saw('n', there('7', 8), 21);
  t.like(known.get('n'), { revision: 8, value: '7' }, 'the same revision of another history');
  index.entry = { value: '6', version: 22 };
  t.like(known.get('n'), { revision: 22, value: '6' });
});

test('an index that cannot be read is no obstacle, and answers do not pile up', (t) => {
  const { index, known } = setUp();
  Object.defineProperty(index, 'entry', {
    get: () => {
      throw new Error('damaged');
    },
  });
  t.like(known.get('n'), { revision: 0, value: undefined });
  for (let i = 0; i < 10_001; i++) known.wrote(`k${i}`, undefined, '1', 5);
  t.like(known.get('k10000'), { revision: 5, value: '1' });
  t.like(known.get('k1'), { revision: 0 });
});

test('an integer is compared by its value as well, anything else by its revision alone', (t) => {
  const key = Buffer.from('n');
  const revision = { key, result: 'EQUAL', mod_revision: 4 } as const;
  const seen = (value: string | undefined) => ({ revision: 4, value, expires: undefined });
  t.deepEqual(comparisonsOf(key, seen('5')), [revision, { key, result: 'EQUAL', value: Buffer.from('5') }]);
  t.deepEqual(comparisonsOf(key, seen('"5"')), [revision]);
  t.deepEqual(comparisonsOf(key, seen(undefined)), [revision]);
});
