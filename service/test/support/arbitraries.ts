/** What property tests draw from: keys of every kind, and JSON texts of every shape. */
import fc from 'fast-check';

/** Few characters, so that prefixes and suffixes meet; one to four bytes long, and those whose UTF-16 order differs. */
const character = fc.constantFrom(
  'a',
  'b',
  '/',
  '%',
  '+',
  ' ',
  '"',
  '\\',
  '\u0001',
  '\u007f',
  'é',
  '～',
  '\ufffd',
  '😀',
  '𐀀',
  '\u0301',
);

/** A key of any characters; some of 1024 bytes. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: character, minLength: 1, maxLength: 5 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((key) => key.replaceAll('\0', '0')),
  },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '..', '//', '0', '10', '9') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('a'.repeat(1024), 'é'.repeat(512), '😀'.repeat(256), `${'a'.repeat(1020)}😀`),
  },
);

/** What may be looked for: often part of a key, at times longer than any. */
export const anyFilter: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: character, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom('a'.repeat(1023), 'a'.repeat(1024), 'é'.repeat(512), '😀'.repeat(256)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('a'.repeat(1025), 'a'.repeat(3000), '😀'.repeat(257), `a${'é'.repeat(1000)}`, '\0'),
  },
);

/** What keys may be folded at: parts of keys, of several characters and bytes, some that meet themselves. */
export const anyDelimiter: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/', 'a', 'b', 'é', '～', '😀') },
  { weight: 2, arbitrary: fc.constantFrom('//', 'ab', 'aa', '/a', 'é～', '😀😀') },
  { weight: 1, arbitrary: fc.string({ unit: character, minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom('\0', '\ufffd', '\u{10ffff}', 'a'.repeat(32)) },
);

/** Conditions of a search in any combination. */
export const anySearch = fc.record(
  {
    prefix: anyFilter,
    suffix: anyFilter,
    contains: anyFilter,
    delimiter: anyDelimiter,
    reverse: fc.boolean(),
    after: anyKey,
  },
  { requiredKeys: [] },
);

const number = fc.oneof(
  fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,25})?([eE][+-]?\d{1,4})?$/),
  fc.constantFrom('-0', '1.0', '1e400', '101660004000155481467', '0E-0', '5e-324'),
);
const stringPart = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom(
    '\\n',
    '\\/',
    '\\u0000',
    '\\uD83D\\uDE00',
    '\\ud800',
    '\\"',
    '\\\\',
    ' ',
    '{',
    ']',
    ',',
    ':',
    '\u2028',
    '\u007f',
  ),
);
const string = fc.array(stringPart, { maxLength: 5 }).map((parts) => `"${parts.join('')}"`);

/** A JSON value as its tokens; objects may have a key twice. */
export const jsonTokens: fc.Arbitrary<readonly string[]> = fc.letrec<{ value: string[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(number, string, fc.constantFrom('true', 'false', 'null')).map((token) => [token]),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => ['[', ...separated(items), ']']),
    fc
      .array(fc.tuple(string, tie('value')), { maxLength: 4 })
      .map((members) => ['{', ...separated(members.map(([name, value]) => [name, ':', ...value])), '}']),
  ),
})).value;

/** White space, to be put between tokens in turn. */
export const whiteSpace: fc.Arbitrary<readonly string[]> = fc.array(fc.constantFrom('', ' ', '\n', '\t', '\r\n  '), {
  minLength: 1,
  maxLength: 7,
});

export function spaced(tokens: readonly string[], spaces: readonly string[]): string {
  return tokens.map((token, i) => token + (spaces[i % spaces.length] ?? '')).join('');
}

/** A string as JSON, each UTF-16 unit escaped or not. */
export const escapedKey = (key: string): string =>
  `"${[...Array(key.length).keys()].map((i) => `\\u${key.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;

function separated(items: readonly (readonly string[])[]): string[] {
  return items.flatMap((item, i) => (i === 0 ? item : [',', ...item]));
}
