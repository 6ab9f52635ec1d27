import test from 'ava';
import { parseTokens } from '../../src/auth/parse-tokens.ts';
import { findToken, maxTokens } from '../../src/auth/tokens.ts';
import { bothTokens, digestOf, reader, writer } from '../support/tokens.ts';

test('a token is found by its text only', (t) => {
  const tokens = parseTokens(bothTokens);
  t.like(findToken(tokens, reader), { name: 'dashboard', access: 'ro' });
  t.like(findToken(tokens, writer), { name: 'shop', access: 'rw' });
  for (const text of ['', 'x', reader.slice(1), `${reader}x`, reader.toUpperCase(), digestOf(reader), 'dashboard']) {
    t.is(findToken(tokens, text), undefined, text);
  }
});

test('a token is compared as a whole: how its digest begins only finds it', (t) => {
  const [token] = parseTokens(bothTokens).values();
  if (token === undefined) throw new Error('no token');
  const { digest } = token;
  const index = digest.slice(0, 16);
  for (const other of [digest.slice(0, -1) + (digest.endsWith('0') ? '1' : '0'), index + '0'.repeat(48)]) {
    t.is(findToken(new Map([[index, { ...token, digest: other }]]), reader), undefined);
  }
  t.is(findToken(new Map([[index, token]]), reader), token);
});

test('white space, comments, line ends and case are no matter', (t) => {
  const [digest = ''] = /[0-9a-f]{64}/.exec(digestOf(reader)) ?? [];
  const tokens = parseTokens(`\n  RO\tdashboard  SHA256:${digest.toUpperCase()}  \r\n# x\r\n\r\n`);
  t.like(findToken(tokens, reader), { name: 'dashboard', access: 'ro' });
});

const good = digestOf(reader);
/** An entry whose members are right, but for those given. */
const entry = (members: object) => JSON.stringify({ name: 'a', digest: good, may: 'read', ...members });
const without = (name: string) => JSON.stringify({ ...JSON.parse(entry({})), [name]: undefined });

test('an entry says what a token may do, for which keys, until when and how fast', (t) => {
  const digits = good.slice('sha256:'.length);
  const plain = { scope: undefined, expires: undefined, limits: undefined, lastUsed: undefined };
  t.deepEqual([...parseTokens(entry({})).values()], [{ name: 'a', access: 'ro', digest: digits, ...plain }]);
  const [token] = parseTokens(
    entry({
      ...{ digest: undefined, token: reader, may: 'write', prefixes: ['team-a/', 'é', 'team-a/b'] },
      ...{ expires: '2027-06-30T02:00:00+02:00', limits: { requests: 5, bytes: 0 } },
    }),
  ).values();
  t.like(token, { access: 'rw', digest: digits, expires: Date.UTC(2027, 5, 30), limits: { requests: 5, bytes: 0 } });
  t.deepEqual(token?.scope?.prefixes, ['team-a/', 'é'], 'a prefix of another one stands for it');
  t.is([...parseTokens(entry({ expires: '2027-06-30' })).values()][0]?.expires, Date.UTC(2027, 5, 30));
});

test('entries stand beside short lines, or in one array', (t) => {
  const mixed = `# both\nrw b ${digestOf(writer)}\n\n  ${entry({ prefixes: ['x'] })}\r\n`;
  t.deepEqual(
    [...parseTokens(mixed).values()].map(({ name, scope }) => [name, scope?.prefixes]),
    [
      ['b', undefined],
      ['a', ['x']],
    ],
  );
  const list = `\n[\n  ${entry({})},\n  ${entry({ name: 'b', digest: digestOf(writer) })}\n]\n`;
  t.deepEqual(
    [...parseTokens(list).values()].map(({ name }) => name),
    ['a', 'b'],
  );
});

test('a token and its successor share a name', (t) => {
  const rights = { prefixes: ['x'], limits: { requests: 5 } };
  const both = [entry({ ...rights, expires: '2027-01-01' }), entry({ ...rights, digest: digestOf(writer) })];
  t.is(parseTokens(both.join('\n')).size, 2);
  t.is(parseTokens(`ro a ${good}\nro a ${digestOf(writer)}`).size, 2);
});

const faulty: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
  'nothing in it': ['', /no token/],
  'only comments': ['# ro a\n', /no token/],
  'a token that is not digested': [`ro a ${good}\nrw b secret-text\n`, /^line 2 is not/],
  'a digest cut short': [`ro a ${good.slice(0, -1)}`, /^line 1 is not/],
  'a digest too long': [`ro a ${good}0`, /^line 1 is not/],
  'another access': [`admin a ${good}`, /^line 1 is not/],
  'no name': [`ro ${good}`, /^line 1 is not/],
  'a name like a path': [`ro ../a ${good}`, /^line 1 is not/],
  'a name twice, with other rights': [`ro a ${good}\nrw a ${digestOf(writer)}`, /^line 2 has the name of line 1 and/],
  'a name twice, with other prefixes': [
    `${entry({ prefixes: ['x'] })}\n${entry({ prefixes: ['y'], digest: digestOf(writer) })}`,
    /^line 2 has the name of line 1 and/,
  ],
  'a name three times': [
    `ro a ${good}\nro a ${digestOf(writer)}\nro a ${digestOf('c')}`,
    /^line 3 has the name of two others/,
  ],
  'a token twice': [`ro a ${good}\nrw b ${good}`, /^line 2 has the token of another/],
  'too many': [
    Array.from({ length: maxTokens + 1 }, (_, i) => `ro a${i} ${digestOf(String(i))}`).join('\n'),
    /at the most/,
  ],
  'half an entry': [`${entry({}).slice(0, -1)}`, /^line 1 is not JSON/],
  'half an array': [`[${entry({})}`, /is not JSON/],
  'an empty array': ['[]', /no token/],
  'an array of something else': [`["secret-text"]`, /^item 1 is no JSON object/],
  'an entry without a name': [without('name'), /^line 1 has no "name"/],
  'an entry without rights': [without('may'), /^line 1 has no "may"/],
  'an entry with other rights': [entry({ may: 'rw' }), /^line 1 has no "may"/],
  'an entry without a token': [without('digest'), /^line 1 has neither or both/],
  'an entry with two tokens': [entry({ token: 'secret-text' }), /^line 1 has neither or both/],
  'an entry with a token that no header holds': [
    entry({ digest: undefined, token: 'secret-text\n' }),
    /^line 1 has a "token" that is no text/,
  ],
  'an entry with a token for a digest': [entry({ digest: 'secret-text' }), /^line 1 has a "digest" that is not/],
  'a misspelt member': [entry({ prefix: ['secret-text'] }), /^line 1 has a member that is not known/],
  'prefixes that are none': [entry({ prefixes: [] }), /^line 1 has "prefixes" that are no array/],
  'a prefix that is a text': [entry({ prefixes: 'secret-text' }), /^line 1 has "prefixes" that are no array/],
  'an empty prefix': [entry({ prefixes: [''] }), /no key begins with/],
  'a prefix with NUL': [entry({ prefixes: ['secret-text\0'] }), /no key begins with/],
  'a time without a zone': [entry({ expires: '2027-01-01T00:00:00' }), /^line 1 has "expires" that is no time/],
  'a day that is none': [entry({ expires: '2027-02-31' }), /^line 1 has "expires" that is no time/],
  'a number as a time': [entry({ expires: 1_800_000_000 }), /^line 1 has "expires" that is no time/],
  'a negative rate': [entry({ limits: { requests: -1 } }), /^line 1 has "limits" with a rate/],
  'a misspelt rate': [entry({ limits: { byte: 1 } }), /^line 1 has in "limits" a member that is not known/],
  'a rate alone': [entry({ limits: 5 }), /^line 1 has "limits" that are no JSON object/],
};
for (const [title, [text, message]] of Object.entries(faulty)) {
  test(`refused, without a word of what is in it: ${title}`, (t) => {
    const error = t.throws(() => parseTokens(text));
    t.regex(error?.message ?? '', message);
    t.notRegex(error?.message ?? '', /secret-text|[0-9a-f]{64}/);
  });
}
