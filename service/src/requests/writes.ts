/** The writes as typed requests. */
import { parseMembers } from '@kvstore/core/json-members.ts';
import { parseKey } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import { pairText } from '../answers/pairs.ts';
import type { Condition, Pair, SetOptions } from '../store/store.ts';
import { decodeBody } from './body/body.ts';
import { parseCondition } from './conditions.ts';
import { parseKeys } from './keys.ts';
import { plainPairs } from './plain-pairs.ts';
import { parseQuery, parseTtl } from './query.ts';
import type { RawRequest } from './raw-request.ts';
import { keyOf } from './reads.ts';

export interface SetRequest {
  readonly pairs: readonly Pair[];
  readonly options: SetOptions | undefined;
  /** The pairs as one JSON object, which is the answer. */
  readonly text: string;
}

export interface DeleteRequest {
  readonly keys: readonly string[];
  readonly condition: Condition | undefined;
}

/** Throws Problem `invalid-body`, `invalid-key`, `invalid-query`, `invalid-request` or `precondition-failed`. */
export function parseSet(request: RawRequest): SetRequest {
  const body = decodeBody(request.body);
  const plain = plainPairs(body);
  const pairs = plain ?? parsePairs(body);
  const { query } = request.target;
  const ttl = query === '' ? undefined : parseTtl(parseQuery(query, ['ttl']));
  const condition = parseCondition(request.headers, pairs.length);
  const options = ttl === undefined && condition === undefined ? undefined : { ttl, condition };
  return { pairs, options, text: plain === undefined ? `{${pairs.map(pairText).join(',')}}` : body };
}

/** The pairs of a body. Throws Problem `invalid-body` or `invalid-key`. */
export function parsePairs(body: string): Pair[] {
  const pairs = pairsIn(parseMembers(body));
  if (pairs.length === 0) throw new Problem('invalid-body', 'The body is an object of at least one pair.');
  return pairs;
}

/** Throws Problem `invalid-key`. */
export function pairsIn(members: ReadonlyMap<string, string>): Pair[] {
  const pairs: Pair[] = [];
  for (const [key, value] of members) pairs.push({ key: parseKey(key), value });
  return pairs;
}

/** DELETE /get/{key}. Throws Problem `invalid-path`, `invalid-key`, `invalid-request` or `precondition-failed`. */
export function parseDeleteOne(request: RawRequest): DeleteRequest {
  parseQuery(request.target.query, []);
  return { keys: [keyOf(request)], condition: parseCondition(request.headers, 1) };
}

/** POST /delete. Throws Problem `invalid-body`, `invalid-key`, `invalid-request` or `precondition-failed`. */
export function parseDeleteMany(request: RawRequest): DeleteRequest {
  parseQuery(request.target.query, []);
  const keys = parseKeys(decodeBody(request.body));
  return { keys, condition: parseCondition(request.headers, keys.length) };
}
