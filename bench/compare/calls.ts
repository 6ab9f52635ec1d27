/** What two checkouts are asked: plain calls, with and without kept answers. */
import { gets, posts, type Request } from '../load/requests.ts';
import { groupSize, keyOf, prefixOf, prefixOfHundred, prefixOfTen, scattered, suffixOf, value } from '../speed/data.ts';
import { noAnswers } from '../speed/rows/against.ts';
import { moreHeaders } from '../speed/rows/shapes.ts';

export const pairs = 10_000;

export interface Call {
  readonly requests: readonly Request[];
  /** KV_ variables beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
}

const groups = scattered(Math.floor(pairs / groupSize), Math.floor(pairs / groupSize));
const keys = scattered(pairs, pairs).map(keyOf);
/** Keys of a body. */
const batch = 100;

const get = gets(keys.map((key) => `/get/${key}`));
const prefix = gets(groups.map((group) => `/search?prefix=${prefixOf(group)}`));
const suffix = gets(groups.map((group) => `/search?suffix=${suffixOf(group)}`));
const bodies = Array.from({ length: pairs / batch }, (_, i) => JSON.stringify(keys.slice(i * batch, (i + 1) * batch)));
const tens = gets(scattered(80, 80).map((ten) => `/search?prefix=${prefixOfTen(ten)}`));
const hundreds = gets(scattered(9, 9).map((hundred) => `/search?prefix=${prefixOfHundred(hundred)}`));
const withMoreHeaders = (requests: readonly Request[]) => requests.map((each) => ({ ...each, headers: moreHeaders }));
const sets = posts(
  '/set',
  keys.map((key) => `{"${key}":${value}}`),
);
/** As many bytes as a set of one pair and a longer value. */
const threes = keys.map((key, i) => {
  const others = [keys[(i + 1) % pairs], keys[(i + 2) % pairs]];
  return `{${[key, ...others].map((each) => `"${each}":1`).join(',')}}`;
});

export const calls: Readonly<Record<string, Call>> = {
  get: { requests: get },
  'get-not-kept': { requests: get, settings: noAnswers },
  'search-prefix': { requests: prefix },
  'search-prefix-not-kept': { requests: prefix, settings: noAnswers },
  'search-prefix-headers': { requests: withMoreHeaders(prefix) },
  'search-110-keys': { requests: tens },
  'search-110-keys-headers': { requests: withMoreHeaders(tens) },
  'search-1100-keys': { requests: hundreds },
  'search-1100-keys-headers': { requests: withMoreHeaders(hundreds) },
  'search-110-keys-headers-not-kept': { requests: withMoreHeaders(tens), settings: noAnswers },
  'search-suffix': { requests: suffix },
  'search-suffix-not-kept': { requests: suffix, settings: noAnswers },
  'search-values': { requests: prefix.map(({ path }) => ({ path: `${path}&values=true` })) },
  'search-page': { requests: prefix.map(({ path }) => ({ path: `${path}&limit=11` })) },
  'batch-get': { requests: posts('/get', bodies) },
  'batch-get-headers': { requests: withMoreHeaders(posts('/get', bodies)) },
  dump: { requests: gets(['/']) },
  set: { requests: sets },
  'set-three-pairs': { requests: posts('/set', threes) },
};
