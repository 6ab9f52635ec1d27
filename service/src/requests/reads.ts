/** The reads as typed requests. */
import { parseKey } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import type { Token } from '../auth/tokens.ts';
import { decodeBody } from './body/body.ts';
import { parseReadCondition } from './conditions.ts';
import { type HeldTag, heldTag } from './held-tag.ts';
import { parseKeys } from './keys.ts';
import { preferred } from './media-types.ts';
import {
  maxLimit,
  type Page,
  pageParameters,
  parseFlag,
  parsePage,
  parseQuery,
  parseStale,
  parseWait,
  type Query,
} from './query.ts';
import type { Caller, RawRequest } from './raw-request.ts';
import { decodePath } from './target.ts';

interface Read {
  /** True: answered from the index as it is, without waiting for it to be fresh. */
  readonly stale: boolean;
  /** Which answer the client has already (RFC 9110, 13.1.2); undefined: it has none. */
  readonly heldTag: HeldTag | undefined;
  /**
   * Throws Problem `precondition-failed` when If-Match does not name the entity tag (RFC 9110, 13.1.1); undefined as tag:
   * there is nothing. Undefined: the request has no such condition.
   */
  readonly mustMatch?: ((etag: string | undefined) => void) | undefined;
}

export interface GetRequest extends Read {
  readonly key: string;
  /** Whether the answer is probably large. */
  isLarge?(): boolean;
  /** Undefined: it is answered with what is there. */
  readonly wait?: Wait | undefined;
}

/** For a change of the key, as long as the answer would say nothing that the client does not know. */
export interface Wait {
  /** At the most. */
  readonly milliseconds: number;
  readonly caller: Caller;
  readonly token: Token | undefined;
}

export interface GetManyRequest {
  /** Each once, in the order in which they were asked for. */
  readonly keys: readonly string[];
  /** True: no key needs an escape in JSON. */
  readonly arePlain?: boolean;
  /** True: a pair a line, with its revision and when it expires. */
  readonly asLines: boolean;
  /** True: answered from the index as it is, without waiting for it to be fresh. */
  readonly stale: boolean;
}

/** What searches and dumps have in common. */
export interface ManyRequest extends Read, Page {
  /** The query, for the link to the next page. */
  readonly query: Query;
  /** The request as the client wrote it: equal texts are requests for the same. */
  readonly question: string;
  /** True: how many there are, alone. */
  readonly isCount?: boolean;
  isGone(): boolean;
}

export interface SearchRequest extends ManyRequest {
  /** True: pairs; false: keys alone. */
  readonly values: boolean;
}

export interface DumpRequest extends ManyRequest {
  /** True: a pair a line, with its revision and when it expires. */
  readonly asLines: boolean;
  /** True: a last line says how many pairs came before it. */
  readonly isCounted?: boolean;
}

const getPath = '/get/';

/** The key in the path of /get/{key}. Throws Problem `invalid-path` or `invalid-key`. */
export function keyOf({ target }: RawRequest): string {
  return parseKey(decodePath(target.path.slice(getPath.length)));
}

/** Throws Problem `invalid-path`, `invalid-key` or `invalid-query`. */
export function parseGet(request: RawRequest): GetRequest {
  const { headers, target } = request;
  const key = keyOf(request);
  // Most have none.
  const query = target.query === '' ? undefined : parseQuery(target.query, getParameters);
  return {
    key,
    stale: query !== undefined && parseStale(query),
    heldTag: heldTag(headers),
    mustMatch: parseReadCondition(headers),
    isLarge: () => request.isLargeRead(),
    wait: query === undefined ? undefined : waitOf(request, query),
  };
}

const getParameters = ['consistency', 'wait'];

function waitOf(request: RawRequest, query: Query): Wait | undefined {
  const milliseconds = parseWait(query);
  return milliseconds === undefined ? undefined : { milliseconds, caller: request, token: request.token };
}

/** POST /get. Throws Problem `invalid-body`, `invalid-key` or `invalid-query`. */
export function parseGetMany(request: RawRequest): GetManyRequest {
  const stale = parseStale(parseQuery(request.target.query, ['consistency']));
  const text = decodeBody(request.body);
  const keys = parseKeys(text, maxLimit);
  const each = new Set(keys);
  return {
    keys: each.size === keys.length ? keys : [...each],
    // What JSON must escape is escaped in the body, too: without a backslash no key needs it.
    arePlain: !text.includes('\\'),
    asLines: wantsLines(request),
    stale,
  };
}

const dumpParameters = [...pageParameters, 'count', 'consistency'];
const searchParameters = [...dumpParameters, 'values'];

/** Throws Problem `invalid-query` or `invalid-key`. */
export function parseSearch(request: RawRequest): SearchRequest {
  const query = parseQuery(request.target.query, searchParameters);
  const { filter, limit } = parsePage(query);
  const { prefix, suffix, contains, fold } = filter;
  if (prefix === undefined && suffix === undefined && contains === undefined && fold === undefined) {
    throw new Problem(
      'invalid-query',
      'A search has at least one of `prefix`, `suffix`, `contains` and `delimiter`. `GET /` finds every key.',
    );
  }
  const values = parseFlag(query, 'values');
  const isCount = parseFlag(query, 'count');
  if (isCount && values)
    throw new Problem('invalid-query', '`count` goes without `values`: it answers a number alone.');
  if (isCount && limit !== undefined) throw countOfPage();
  return { ...manyOf(request, query, 'search'), filter, limit, values, isCount };
}

/** Throws Problem `invalid-query` or `invalid-key`. */
export function parseDump(request: RawRequest): DumpRequest {
  const query = parseQuery(request.target.query, dumpParameters);
  const { filter, limit } = parsePage(query);
  const asLines = wantsLines(request);
  const count = parseFlag(query, 'count');
  const isCount = count && !asLines;
  if (isCount && limit !== undefined) throw countOfPage();
  return {
    ...manyOf(request, query, asLines ? 'lines' : 'pairs'),
    ...{ filter, limit, asLines, isCounted: count && asLines, isCount },
  };
}

function countOfPage(): Problem {
  return new Problem('invalid-query', '`count` goes without `limit`: it counts all keys, not those of a page.');
}

function manyOf(request: RawRequest, query: Query, what: string): Omit<ManyRequest, keyof Page> {
  const stale = parseStale(query);
  const question = `${what}?${request.target.query}`;
  const { headers } = request;
  const conditions = { heldTag: heldTag(headers), mustMatch: parseReadCondition(headers) };
  return { query, question, stale, ...conditions, isGone: () => request.isGone() };
}

/** https://github.com/ndjson/ndjson-spec */
export const jsonLines = 'application/x-ndjson';

function wantsLines(request: RawRequest): boolean {
  const { accept } = request.headers;
  // What most clients send needs no negotiation, which takes a tenth of such a request's time.
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return false;
  return preferred(accept, [{ type: 'application/json' }, { type: jsonLines }])?.type === jsonLines;
}
