import test from 'ava';
import fc from 'fast-check';
import fresh from 'fresh';
import { heldTag } from '../../src/requests/held-tag.ts';

test('a client holds what its If-None-Match names, however it writes that', (t) => {
  const piece = fc.constantFrom('"a"', 'W/"a"', '"b"', '"a,b"', '"a-lines"', '*', ',', ', ', ' ', '"', 'a');
  const run = fc.property(
    fc.array(piece, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('"a"', '"b"'),
    (all, etag) => {
      const tags = all.join('').trim();
      const expected = fresh({ 'if-none-match': tags }, { etag }) ? etag : undefined;
      t.is(heldTag({ 'if-none-match': tags })?.(etag), expected, tags);
    },
  );
  fc.assert(run, { numRuns: 2000 });
  t.is(heldTag({}), undefined);
});

test('an answer in a coding is held by a client that accepts it', (t) => {
  const held = (tags: string, accepted?: string) =>
    heldTag({ 'if-none-match': tags, ...(accepted === undefined ? {} : { 'accept-encoding': accepted }) })?.('"a"');
  t.is(held('"a-gzip"', 'gzip'), '"a-gzip"');
  t.is(held('"a-gzip"'), undefined);
  t.is(held('"b", "a-zstd", "a"', 'zstd'), '"a-zstd"');
  t.is(held('"a-zstd", "a"'), '"a"');
});
