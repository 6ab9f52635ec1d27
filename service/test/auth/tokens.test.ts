import test from 'ava';
import { findToken, maxTokens, parseTokens } from '../../src/auth/tokens.ts';
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
const faulty: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
  'nothing in it': ['', /no token/],
  'only comments': ['# ro a\n', /no token/],
  'a token that is not digested': [`ro a ${good}\nrw b secret-text\n`, /^line 2 is not/],
  'a digest cut short': [`ro a ${good.slice(0, -1)}`, /^line 1 is not/],
  'a digest too long': [`ro a ${good}0`, /^line 1 is not/],
  'another access': [`admin a ${good}`, /^line 1 is not/],
  'no name': [`ro ${good}`, /^line 1 is not/],
  'a name like a path': [`ro ../a ${good}`, /^line 1 is not/],
  'a name twice': [`ro a ${good}\nrw a ${digestOf(writer)}`, /^line 2 has the name or the token/],
  'a token twice': [`ro a ${good}\nrw b ${good}`, /^line 2 has the name or the token/],
  'too many': [
    Array.from({ length: maxTokens + 1 }, (_, i) => `ro a${i} ${digestOf(String(i))}`).join('\n'),
    /at the most/,
  ],
};
for (const [title, [text, message]] of Object.entries(faulty)) {
  test(`refused, without a word of what is in it: ${title}`, (t) => {
    const error = t.throws(() => parseTokens(text));
    t.regex(error?.message ?? '', message);
    t.notRegex(error?.message ?? '', /secret-text|[0-9a-f]{64}/);
  });
}
