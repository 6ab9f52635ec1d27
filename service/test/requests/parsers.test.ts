/** Whatever a client sends, a parser gives a value or a Problem that says why not: never another error, never a hang. */
import { parse } from 'node:querystring';
import { isDeepStrictEqual } from 'node:util';
import { parseMembers } from '@kvstore/core/json-members.ts';
import { maxKeyBytes, parseKey } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
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

/** Both kinds of outcome: a property over texts that are all refused, or all taken, says nothing. */
class Outcomes {
  taken = 0;
  refused = 0;

  of<T>(parse: () => T): T | Problem {
    const result = outcome(parse);
    if (result instanceof Problem) this.refused++;
    else this.taken++;
    return result;
  }

  bothSeen(t: ExecutionContext): void {
    t.true(this.taken > 10 && this.refused > 10, `${this.taken} taken, ${this.refused} refused`);
  }
}

test('targets', (t) => {
  const outcomes = new Outcomes();
  const target = near('/', '//', '..', '/get/', 'http://', 'x:1', '?', '#', '&', '=', ' ');
  fc.assert(
    fc.property(target, (url) => {
      const { path, query } = splitTarget(url);
      const key = outcomes.of(() => parseKey(decodePath(path)));
      if (!url.endsWith(query) || path.includes('?')) return false;
      return path !== '' && (key instanceof Problem || Buffer.byteLength(key) <= maxKeyBytes);
    }),
    runs,
  );
  outcomes.bothSeen(t);
});

test('queries', (t) => {
  const outcomes = new Outcomes();
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
      const parameters = outcomes.of(() => parseQuery(text, ['limit', 'after', 'ttl', 'values', 'consistency', 'a']));
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
  outcomes.bothSeen(t);
});

test('queries are split and decoded as by node:querystring', (t) => {
  const names = ['a', 'b c', 'ä', ''];
  const text = fc.array(fc.constantFrom('a', 'b+c', 'b%20c', '%C3%A4', '=', '&', '+', '%2B', '%26', '1', '%3D'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (pieces) => {
      const query = pieces.join('');
      const expected = { ...parse(query) };
      const isKnown = Object.keys(expected).every((name) => names.includes(name));
      const parsed = outcome(() => parseQuery(query, names));
      if (!isKnown) return parsed instanceof Problem && parsed.code === 'invalid-query';
      return isDeepStrictEqual(parsed, expected);
    }),
    runs,
  );
  t.pass();
});

test('bodies', (t) => {
  const outcomes = new Outcomes();
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
  // What is put together from pieces is hardly ever an object.
  const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: body }, { weight: 1, arbitrary: object }), (text) => {
      const members = outcomes.of(() => parseMembers(text));
      if (members instanceof Problem) return true;
      const parsed = [...members].map(([key, value]) => [key, JSON.parse(value) as unknown] as const);
      return isDeepStrictEqual(new Map(parsed), new Map(Object.entries(JSON.parse(text) as object)));
    }),
    runs,
  );
  outcomes.bothSeen(t);
});

test('conditions', (t) => {
  const outcomes = new Outcomes();
  const tag = near('"', '"1"', 'W/', '*', ',', ' ', '1', '"9007199254740993"', '"-1"', '"1e3"');
  fc.assert(
    fc.property(tag, tag, fc.integer({ min: 0, max: 3 }), (match, noneMatch, keys) => {
      const headers = { 'if-match': match, 'if-none-match': noneMatch };
      for (const each of [headers, { 'if-match': match }, { 'if-none-match': noneMatch }]) {
        const condition = outcomes.of(() => parseCondition(each, keys));
        if (condition === undefined || condition instanceof Problem || typeof condition.version !== 'number') continue;
        if (!Number.isSafeInteger(condition.version)) return false;
      }
      return true;
    }),
    runs,
  );
  outcomes.bothSeen(t);
});

test('nesting, escapes and sizes that grow take time that grows no faster', (t) => {
  // Quadratic time would be minutes: the test's own time limit is the measure.
  const size = 500_000;
  const isTaken = (parse: () => unknown) => !(outcome(parse) instanceof Problem);
  for (const [text, taken] of [
    ['['.repeat(size), false],
    [`{"a":${'['.repeat(100)}${']'.repeat(100)}}`, true],
    [`{"a":"${'\\"'.repeat(size)}"}`, true],
    [`{${' '.repeat(size)}"a":1}`, true],
    [`{"a":[${'1, '.repeat(size)}1]}`, true],
    [`{"a":${'9'.repeat(size)}}`, true],
    [`{${Array.from({ length: 50_000 }, (_, i) => `"${i}":1`).join(',')}}`, true],
  ] as const) {
    t.is(
      isTaken(() => parseMembers(text)),
      taken,
      text.slice(0, 20),
    );
  }
  t.true(isTaken(() => parseQuery(`a=${'%41'.repeat(size)}`, ['a'])));
  t.false(isTaken(() => parseKey('😀'.repeat(size))));
  t.true(isTaken(() => decodePath('%F0%9F%98%80'.repeat(100_000))));
});
