/** What two checkouts are asked: plain calls, with and without kept answers, and in the shapes that clients' requests have. */
import { gets, posts, type Request } from '../load/requests.ts';
import { groupSize, keyOf, prefixOf, prefixOfHundred, prefixOfTen, scattered, suffixOf, value } from '../speed/data.ts';
import { noAnswers } from '../speed/rows/against.ts';
import { bearer, escaped, moreHeaders, token, withHeaders } from '../speed/rows/shapes.ts';

export const pairs = 10_000;

export interface Call {
  readonly requests: readonly Request[];
  /** KV_ variables beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The service asks for a token. */
  readonly needsToken?: true;
  /** An answer that is no success is what is wanted. */
  readonly anyStatus?: true;
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
const withMoreHeaders = (requests: readonly Request[]) => withHeaders(requests, moreHeaders);
const withToken = (requests: readonly Request[]): Call => ({
  requests: withHeaders(requests, bearer(token)),
  needsToken: true,
});
const withQuery = (requests: readonly Request[], query: string) =>
  requests.map((each) => ({ ...each, path: `${each.path}${query}` }));
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
  'get-escaped': { requests: gets(keys.map((key) => `/get/${escaped(key)}`)) },
  'get-304': { requests: withHeaders(get, { 'If-None-Match': '*' }) },
  'get-404': { requests: gets(keys.map((key) => `/get/no-${key}`)), anyStatus: true },
  'get-stale': { requests: withQuery(get, '?consistency=stale') },
  'get-token': withToken(get),
  'get-headers': { requests: withMoreHeaders(get) },
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
  'search-values': { requests: withQuery(prefix, '&values=true') },
  'search-page': { requests: withQuery(prefix, '&limit=11') },
  'search-token': withToken(prefix),
  'batch-get': { requests: posts('/get', bodies) },
  'batch-get-headers': { requests: withMoreHeaders(posts('/get', bodies)) },
  dump: { requests: gets(['/']) },
  'dump-headers': { requests: withMoreHeaders(gets(['/'])) },
  'dump-page': { requests: gets([`/?limit=${pairs}`]) },
  'dump-lines': { requests: withHeaders(gets(['/']), { Accept: 'application/x-ndjson' }) },
  set: { requests: sets },
  'set-token': withToken(sets),
  'set-ttl': { requests: withQuery(sets, '?ttl=3600') },
  'set-if-match': { requests: withHeaders(sets, { 'If-Match': '*' }) },
  'set-charset': { requests: withHeaders(sets, { 'Content-Type': 'application/json; charset=utf-8' }) },
  'set-three-pairs': { requests: posts('/set', threes) },
};
