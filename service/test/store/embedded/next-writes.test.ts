import test from 'ava';
import { nextWrites } from '../../../src/store/embedded/next-writes.ts';
import type { Write } from '../../../src/store/embedded/write.ts';

const mebibyte = 1024 ** 2;

function setOf(name: string, characters: number): Write {
  const pairs = [{ key: name, value: 'x'.repeat(characters) }];
  return {
    work: { kind: 'set', pairs, expires: undefined, condition: undefined },
    resolve: () => {},
    reject: () => {},
    span: undefined,
  };
}

const removal: Write = { ...setOf('', 0), work: { kind: 'delete', keys: ['removed'], condition: undefined } };

function names(writes: readonly Write[]): string[] {
  return writes.map(({ work }) => (work.kind === 'set' ? (work.pairs[0]?.key ?? '') : work.kind));
}

function split(writes: readonly Write[], afterLarge = false): { now: string[]; later: string[] } {
  const { now, later } = nextWrites(writes, afterLarge);
  return { now: names(now), later: names(later) };
}

test('small writes go together, and nothing waits', (t) => {
  const small = Array.from({ length: 100 }, (_, i) => setOf(`${i}`, 60_000));
  t.deepEqual(split(small), { now: names(small), later: [] });
});

test('large writes wait in their order, and small ones go before them', (t) => {
  const writes = [
    setOf('large1', 500_000),
    setOf('small1', 10),
    setOf('large2', 500_000),
    setOf('large3', 500_000),
    removal,
    setOf('large4', 100_000),
    setOf('small2', 10),
  ];
  t.deepEqual(split(writes), {
    now: ['small1', 'delete', 'small2', 'large1', 'large2'],
    later: ['large3', 'large4'],
  });
});

test('small writes that have waited for large ones go alone, and large ones after them', (t) => {
  const writes = [setOf('large1', 500_000), setOf('small1', 10), setOf('large2', 100_000), removal];
  const { now, later, hasLarge } = nextWrites(writes, true);
  t.deepEqual([names(now), names(later), hasLarge], [['small1', 'delete'], ['large1', 'large2'], false]);
  t.true(nextWrites(later, false).hasLarge);
  t.deepEqual(split(later, true), { now: ['large1', 'large2'], later: [] }, 'unless no small one waits');
});

test('the oldest large write is in the next transaction, however large it is', (t) => {
  const writes = [setOf('larger', 3 * mebibyte), setOf('large', 100_000)];
  t.deepEqual(split(writes), { now: ['larger'], later: ['large'] });
});

test('a transaction counts by what it sets', (t) => {
  const pairs = Array.from({ length: 30 }, (_, i) => ({ key: `${i}`, value: 'x'.repeat(mebibyte / 30) }));
  const transaction: Write = {
    ...setOf('', 0),
    work: {
      kind: 'transaction',
      parts: { conditions: new Map(), pairs, deletes: [], ttl: undefined },
      expires: undefined,
    },
  };
  t.deepEqual(split([setOf('large', 100_000), transaction]), { now: ['large'], later: ['transaction'] });
});

test('many keys are as much work as a long value, whatever is done with them', (t) => {
  const keys = Array.from({ length: 3000 }, (_, i) => `k${i}`);
  const pairs = keys.map((key) => ({ key, value: '1' }));
  const parts = { conditions: new Map(), pairs: [], deletes: keys, ttl: undefined };
  const works: Write['work'][] = [
    { kind: 'set', pairs, expires: undefined, condition: undefined },
    { kind: 'delete', keys, condition: undefined },
    { kind: 'increment', amounts: new Map(keys.map((key) => [key, 1n])) },
    { kind: 'transaction', parts, expires: undefined },
  ];
  for (const work of works) {
    const [many, again] = [
      { ...removal, work },
      { ...removal, work },
    ];
    const { now, later } = nextWrites([many, again, removal], false);
    t.deepEqual([now, later], [[removal, many], [again]], work.kind);
  }
});
