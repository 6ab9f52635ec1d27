import { maxKeyBytes } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import fc from 'fast-check';
import { pairText } from '../../src/answers/pairs.ts';
import { plainPair } from '../../src/requests/plain-pair.ts';
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

/** The pair is the one that the parser finds, and the body the text that the answer has; or it is left to the parser. */
function agrees(body: string): boolean {
  let pair: ReturnType<typeof plainPair>;
  try {
    pair = plainPair(body);
  } catch (error) {
    return error instanceof Problem && parsed(body) === undefined;
  }
  if (pair === undefined) return true;
  const pairs = parsed(body) ?? [];
  const [only] = pairs;
  if (only === undefined || pairs.length !== 1) return false;
  return only.key === pair.key && only.value === pair.value && `{${pairText(pair)}}` === body;
}

test('a plain pair is what the parser makes of the body, whatever is in it', (t) => {
  const body = fc.tuple(anyKey, jsonTokens, whiteSpace).map(([key, tokens, spaces]) => {
    return spaced(['{', JSON.stringify(key), ':', ...tokens, '}'], spaces);
  });
  fc.assert(fc.property(body, agrees), { numRuns: 2000 });
  t.pass();
});

test('pieces of JSON in any order are a plain pair only where they are JSON', (t) => {
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
    t.deepEqual(plainPair(`{"a b":${value}}`), { key: 'a b', value }, value);
  }
  for (const value of ['"\\n"', ' 1', '01', '1.', '.5', '+1', '-', 'nul', '[1]', '{}', '"a"b"', '1,"b":2', '']) {
    t.is(plainPair(`{"a":${value}}`), undefined, value);
  }
  t.is(plainPair(`{"a":"${'x'.repeat(5000)}"}`), undefined, 'a long one gains nothing');
});

test('keys keep their limits', (t) => {
  for (const key of ['', 'k'.repeat(maxKeyBytes + 1)]) {
    t.throws(() => plainPair(`{"${key}":1}`), { instanceOf: Problem, code: 'invalid-key' });
  }
});
