import { isDeepStrictEqual } from 'node:util';
import { maxKeyBytes } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import fc from 'fast-check';
import { pairText } from '../../src/answers/pairs.ts';
import { plainPairs } from '../../src/requests/plain-pairs.ts';
import { parsePairs } from '../../src/requests/writes.ts';
import { anyKey, jsonTokens, spaced, whiteSpace } from '../support/arbitraries.ts';

/** What the body's parser makes of it; undefined: a Problem. */
function parsed(body: string) {
  try {
    return parsePairs(body);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/** The pairs are those that the parser finds, and the body the text that the answer has; or it is left to the parser. */
function agrees(body: string): boolean {
  let pairs: ReturnType<typeof plainPairs>;
  try {
    pairs = plainPairs(body);
  } catch (error) {
    return error instanceof Problem && parsed(body) === undefined;
  }
  if (pairs === undefined) return true;
  return isDeepStrictEqual(pairs, parsed(body)) && `{${pairs.map(pairText).join(',')}}` === body;
}

test('plain pairs are what the parser makes of the body, whatever is in it', (t) => {
  const member = fc.tuple(fc.oneof(anyKey, fc.constantFrom('a', 'b')), jsonTokens);
  const body = fc.tuple(fc.array(member, { maxLength: 4 }), whiteSpace).map(([members, spaces]) => {
    const tokens = members.map(([key, value]) => [JSON.stringify(key), ':', ...value]);
    return spaced(['{', ...tokens.flatMap((each, i) => (i === 0 ? each : [',', ...each])), '}'], spaces);
  });
  fc.assert(fc.property(body, agrees), { numRuns: 2000 });
  t.pass();
});

test('pieces of JSON in any order are plain pairs only where they are JSON', (t) => {
  const piece = fc.constantFrom(
    ...['{"', '"}', '":"', '":', '}', '"', 'a', 'é', '🎈', '\\', '\\"', '\\u0041', '\u0000', '\n', '\u007f', '\u2028'],
    ...['0', '1', '-', '.', 'e', 'E+', 'true', 'null', ' ', ',', '__proto__', '[', '{', '\ufeff'],
  );
  const body = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      fc.oneof(
        body,
        body.map((inner) => `{"k":${inner}}`),
        body.map((inner) => `{"k":1,"${inner}}`),
      ),
      agrees,
    ),
    { numRuns: 20_000 },
  );
  t.pass();
});

test('texts, numbers, true, false and null are plain; what has escapes, white space or parts is not', (t) => {
  for (const value of [
    '""',
    '"é 🎈"',
    '0',
    '-1.50',
    '1e400',
    '1E+2',
    '101660004000155481467',
    'true',
    'false',
    'null',
  ]) {
    t.deepEqual(plainPairs(`{"a b":${value}}`), [{ key: 'a b', value }], value);
  }
  for (const value of [
    '"\\n"',
    ' 1',
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    'nul',
    '[1]',
    '{}',
    '"a"b"',
    '1,"a":2',
    '1,',
    '1,"b"',
    '1{"b":2',
    '1}{"b":2',
    '',
  ]) {
    t.is(plainPairs(`{"a":${value}}`), undefined, value);
  }
  t.deepEqual(plainPairs('{"b":1,"a":"2"}'), [
    { key: 'b', value: '1' },
    { key: 'a', value: '"2"' },
  ]);
  for (const body of ['', '{', '}', '{}', '{,"a":1}', '{"a":1', ',"a":1}', '[{"a":1}']) {
    t.is(plainPairs(body), undefined, body);
  }
  t.is(plainPairs(`{"a":"${'x'.repeat(5000)}"}`), undefined, 'a long one gains nothing');
});

test('keys keep their limits', (t) => {
  for (const key of ['', 'k'.repeat(maxKeyBytes + 1)]) {
    t.throws(() => plainPairs(`{"b":2,"${key}":1}`), { instanceOf: Problem, code: 'invalid-key' });
  }
});
