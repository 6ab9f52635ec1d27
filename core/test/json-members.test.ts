import test from 'ava';
import fc from 'fast-check';
import { anyKey, escapedKey, jsonTokens, spaced, whiteSpace } from '../../service/test/support/arbitraries.ts';
import { maxDepth, parseMembers } from '../src/json-members.ts';
import { Problem } from '../src/problem.ts';

test('members of any object: the last of equal keys, each value token by token', (t) => {
  const member = fc.tuple(fc.oneof(anyKey, fc.string()), jsonTokens, fc.boolean());
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), whiteSpace, (members, spaces) => {
      const expected = new Map<string, string>();
      const tokens = members.flatMap(([key, value, escaped], i) => {
        expected.set(key, value.join(''));
        return [...(i === 0 ? [] : [',']), escaped ? escapedKey(key) : JSON.stringify(key), ':', ...value];
      });
      t.deepEqual([...parseMembers(spaced(['{', ...tokens, '}'], spaces))], [...expected]);
    }),
    { numRuns: 1000 },
  );
});

test('what is no JSON object is a Problem, whatever it is', (t) => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '"a"',
    '1',
    '-',
    'e',
    '.',
    'true',
    'null',
    ' ',
    '\n',
    '\u00a0',
    '\u0001',
    'é',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      let object = false;
      try {
        const value = JSON.parse(text);
        object = typeof value === 'object' && value !== null && !Array.isArray(value);
      } catch (error) {
        t.true(error instanceof SyntaxError);
      }
      if (object) t.notThrows(() => parseMembers(text));
      else t.is(t.throws(() => parseMembers(text), { instanceOf: Problem })?.code, 'invalid-body');
    }),
    { numRuns: 3000 },
  );
});

test('a string ends with the first quote that is not escaped, however many backslashes are before it', (t) => {
  for (let count = 0; count < 8; count++) {
    const key = `${'\\'.repeat(count)}"`;
    const value = JSON.stringify(`${'\\'.repeat(count)}" , ${'\\'.repeat(count)}`);
    t.deepEqual(
      [...parseMembers(`{ ${JSON.stringify(key)}:\t${value} , "b": [ ${value} ] }`)],
      [
        [key, value],
        ['b', `[${value}]`],
      ],
    );
  }
});

test('brackets in strings are not counted, those around are', (t) => {
  const deep = (levels: number) =>
    `{"a":${'['.repeat(levels - 1)}"${'[{'.repeat(200)}"${']'.repeat(levels - 1)},"b":[]}`;
  t.is(parseMembers(deep(maxDepth)).size, 2);
  t.throws(() => parseMembers(deep(maxDepth + 1)), { instanceOf: Problem });
});
