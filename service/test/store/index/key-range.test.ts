import { compareKeys } from '@kvstore/core/key.ts';
import test from 'ava';
import fc from 'fast-check';
import { behindAll } from '../../../src/store/index/key-range.ts';
import { anyFilter, anyKey } from '../../support/arbitraries.ts';

test('behind all texts that begin with one is the first that does not', (t) => {
  const edge = fc.constantFrom('', '\ud7ff', '\u{10ffff}', '\uffff', '\u{1f600}', 'a', '/', '\u007f', '\u07ff');
  const text = fc.oneof(
    anyFilter,
    anyKey,
    fc.array(edge, { maxLength: 3 }).map((parts) => parts.join('')),
  );
  const run = fc.property(text, fc.array(fc.oneof(text, edge), { maxLength: 5 }), (beginning, others) => {
    const behind = behindAll(beginning);
    t.true(compareKeys(beginning, behind ?? '\u{10ffff}'.repeat(2000)) <= 0);
    for (const other of [...others, ...others.map((more) => beginning + more)]) {
      if (other.startsWith(beginning)) t.true(behind === undefined || compareKeys(other, behind) < 0);
      else if (compareKeys(other, beginning) > 0) t.true(behind !== undefined && compareKeys(other, behind) >= 0);
    }
  });
  fc.assert(run, { numRuns: 1000 });
  t.is(behindAll(''), undefined);
  t.is(behindAll('a/'), 'a0');
  t.is(behindAll('a\u{10ffff}'), 'b');
  t.is(behindAll('\ud7ff'), '\ue000');
});
