/** Whatever a client sends, a parser gives a value or a Problem that says why not: never another error, never a hang. */

import { parseMembers } from '@kvstore/core/json-members.ts';
import { maxKeyBytes, parseKey } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import fc from 'fast-check';
import { parseCondition } from '../../src/requests/conditions.ts';
import { parseFlag, parsePage, parseQuery, parseStale, parseTtl } from '../../src/requests/query.ts';
import { decodePath, splitTarget } from '../../src/requests/target.ts';

/** Texts near those that are right: their pieces in any order, and anything between them. */
function near(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom('\0', '\r\n', '\ud800', '\udfff', '%', '%00', '%ff', '%ed%a0%80', '%2F') },
  );
  return fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
}

/** The parser's value, or its Problem. */
function outcome<T>(parse: () => T): T | Problem {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Problem && error.status >= 400 && error.status < 500) return error;
    throw error;
  }
}

const runs = { numRuns: 3000 };

test('targets', (t) => {
  const target = near('/', '//', '..', '/get/', 'http://', 'x:1', '?', '#', '&', '=', ' ');
  fc.assert(
    fc.property(target, (url) => {
      const { path, query } = splitTarget(url);
      const key = outcome(() => parseKey(decodePath(path)));
      if (!url.endsWith(query) || path.includes('?')) return false;
      return path !== '' && (key instanceof Problem || Buffer.byteLength(key) <= maxKeyBytes);
    }),
    runs,
  );
  t.pass();
});

test('queries', (t) => {
  const query = near(
    'limit=',
    'after=',
    'ttl=',
    'values=true',
    'consistency=stale',
    '&',
    '=',
    '0',
    '9'.repeat(20),
    '-1',
  );
  fc.assert(
    fc.property(query, (text) => {
      const parameters = outcome(() => parseQuery(text, ['limit', 'after', 'ttl', 'values', 'consistency', 'a']));
      if (parameters instanceof Problem) return true;
      outcome(() => parseStale(parameters));
      outcome(() => parseFlag(parameters, 'values'));
      const ttl = outcome(() => parseTtl(parameters));
      const page = outcome(() => parsePage(parameters));
      const limit = page instanceof Problem ? undefined : page.limit;
      return (
        (typeof ttl !== 'number' || (Number.isInteger(ttl) && ttl > 0)) &&
        (limit === undefined || (limit >= 1 && limit <= 10_000))
      );
    }),
    runs,
  );
  t.pass();
});

test('bodies', (t) => {
  const body = near(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u',
    '0',
    '-',
    '1e',
    'true',
    ' ',
    '{"a":1}',
    '"__proto__"',
  );
  fc.assert(
    fc.property(body, (text) => {
      const members = outcome(() => parseMembers(text));
      if (members instanceof Problem) return true;
      const whole = JSON.parse(text) as Record<string, unknown>;
      return (
        Object.keys(whole).length === members.size && [...members.values()].every((value) => JSON.parse(value) !== 1n)
      );
    }),
    runs,
  );
  t.pass();
});

test('conditions', (t) => {
  const tag = near('"', '"1"', 'W/', '*', ',', ' ', '1', '"9007199254740993"', '"-1"', '"1e3"');
  fc.assert(
    fc.property(tag, tag, fc.integer({ min: 0, max: 3 }), (match, noneMatch, keys) => {
      const headers = { 'if-match': match, 'if-none-match': noneMatch };
      for (const each of [headers, { 'if-match': match }, { 'if-none-match': noneMatch }]) {
        const condition = outcome(() => parseCondition(each, keys));
        if (condition === undefined || condition instanceof Problem || typeof condition.version !== 'number') continue;
        if (!Number.isSafeInteger(condition.version)) return false;
      }
      return true;
    }),
    runs,
  );
  t.pass();
});

test('nesting, escapes and sizes that grow take time that grows no faster', (t) => {
  // Quadratic time would be minutes: the test's own time limit is the measure.
  const size = 500_000;
  for (const text of [
    '['.repeat(size),
    `{"a":${'['.repeat(100)}${']'.repeat(100)}}`,
    `{"a":"${'\\"'.repeat(size)}"}`,
    `{${' '.repeat(size)}"a":1}`,
    `{"a":[${'1, '.repeat(size)}1]}`,
    `{"a":${'9'.repeat(size)}}`,
    `{${Array.from({ length: 50_000 }, (_, i) => `"${i}":1`).join(',')}}`,
  ]) {
    outcome(() => parseMembers(text));
  }
  outcome(() => parseQuery(`a=${'%41'.repeat(size)}`, ['a']));
  outcome(() => parseKey('😀'.repeat(size)));
  outcome(() => decodePath('%F0%9F%98%80'.repeat(100_000)));
  t.pass();
});
