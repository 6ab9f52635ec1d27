import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import fc from 'fast-check';
import { parseInt64 } from '../../src/store/int64.ts';
import { Sums } from '../../src/store/sums.ts';

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)),
);

test('integers of 64 bits are read exactly, and no other text is one', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), (number) => {
      const fits = number >= -(2n ** 63n) && number < 2n ** 63n;
      t.is(parseInt64(String(number)), fits ? number : undefined);
    }),
  );
  for (const text of [
    '',
    '-',
    '+1',
    '01',
    '-01',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '0x1',
    '"1"',
    'null',
    '9'.repeat(100_000),
  ]) {
    t.is(parseInt64(text), undefined, text.slice(0, 20));
  }
  t.is(parseInt64('-0'), 0n);
});

test('requests follow each other, each all or none, as a model says', (t) => {
  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.oneof(int64.map(String), fc.constantFrom('"x"', '1.5', '9223372036854775808'));
  const request = fc.uniqueArray(fc.tuple(key, int64), { minLength: 1, selector: ([name]) => name });
  fc.assert(
    fc.property(fc.dictionary(key, value), fc.array(request, { maxLength: 8 }), (held, requests) => {
      const sums = new Sums((name) => held[name]);
      const model: Record<string, string> = { ...held };
      for (const amounts of requests) {
        const wanted = amounts.map(([name, amount]) => [name, model[name] ?? '0', amount] as const);
        const problem = wanted
          .map(([, before, amount]) => {
            const number = parseInt64(before);
            if (number === undefined) return 'not-an-integer';
            return parseInt64(String(number + amount)) === undefined ? 'integer-overflow' : undefined;
          })
          .find((each) => each !== undefined);
        const done = sums.add(new Map(amounts));
        if (done instanceof Problem) {
          t.deepEqual([done.code], [problem]);
          continue;
        }
        t.is(problem, undefined);
        for (const [name, before, amount] of wanted) model[name] = String(BigInt(before) + amount);
        t.deepEqual(
          [...done],
          wanted.map(([name]) => [name, BigInt(model[name] ?? '')]),
        );
      }
      for (const [name, sum] of sums.all) t.is<string | undefined, string | undefined>(String(sum), model[name]);
    }),
  );
});
