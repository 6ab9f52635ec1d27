/** POST /transaction and POST /increment as typed requests. */
import { maxDepth, parseMembers, splitMembers } from '@kvstore/core/json-members.ts';
import { parseKey } from '@kvstore/core/key.ts';
import { maxTtl } from '@kvstore/core/limits.ts';
import { Problem } from '@kvstore/core/problem.ts';
import { parseInt64 } from '../store/int64.ts';
import type { KeyCondition, Pair, TransactionParts } from '../store/store.ts';
import { decodeBody } from './body/body.ts';
import { parseKeyCondition, refuseConditions } from './conditions.ts';
import { parseKeys } from './keys.ts';
import { parseQuery } from './query.ts';
import type { RawRequest } from './raw-request.ts';
import { unknownName } from './unknown-name.ts';
import { pairsIn } from './writes.ts';

export interface TransactionRequest {
  readonly parts: TransactionParts;
  /** All that are compared, set or deleted, each once. */
  readonly keys: readonly string[];
}

export interface IncrementRequest {
  readonly amounts: ReadonlyMap<string, bigint>;
  /** Those of the amounts. */
  readonly keys: readonly string[];
}

/** Keys with a condition; the answer may have to name them all. */
export const maxConditions = 10_000;

const members = ['if', 'set', 'ttl', 'delete'];

/** Throws Problem `invalid-body`, `invalid-key`, `invalid-query` or `invalid-request`. */
export function parseTransaction(request: RawRequest): TransactionRequest {
  parseQuery(request.target.query, []);
  refuseConditions(request.headers, 'the conditions of a transaction are in `if`');
  // What `set` holds is nested one level less than the body.
  const body = parseMembers(decodeBody(request.body), maxDepth + 1, refuseEqualMembers);
  for (const name of body.keys()) if (!members.includes(name)) throw unknownMember(name);
  const conditions = parseConditions(body.get('if'));
  const pairs = parseSetPairs(body.get('set'));
  const deletes = parseDeletes(body.get('delete'));
  if (conditions.size + pairs.length + deletes.length === 0) {
    throw invalid('A transaction has at least one key in `if`, `set` or `delete`; this one has none.');
  }
  const ttl = parseBodyTtl(body.get('ttl'), pairs);
  const set = new Set(pairs.map(({ key }) => key));
  const both = deletes.find((key) => set.has(key));
  if (both !== undefined) throw invalid(`The key ${JSON.stringify(both)} is in \`set\` and in \`delete\`.`);
  return {
    parts: { conditions, pairs, deletes, ttl },
    keys: [...new Set([...conditions.keys(), ...set, ...deletes])],
  };
}

/** Throws Problem `invalid-body`, `invalid-key`, `invalid-query` or `invalid-request`. */
export function parseIncrement(request: RawRequest): IncrementRequest {
  parseQuery(request.target.query, []);
  refuseConditions(request.headers, 'an increment has no conditions');
  const amounts = new Map<string, bigint>();
  for (const [key, text] of parseMembers(decodeBody(request.body))) {
    const amount = parseInt64(text);
    if (amount === undefined) {
      throw invalid(
        `An increment is a whole number of 64 bits, such as 1 or -5; that of ${JSON.stringify(key)} is ${shown(text)}.`,
      );
    }
    amounts.set(parseKey(key), amount);
  }
  if (amounts.size === 0) throw invalid('The body is an object of at least one key with its increment, {"key": 1}.');
  return { amounts, keys: [...amounts.keys()] };
}

/** Of two, one would be dropped without a word: conditions that were meant to protect what is written, or a write. */
function refuseEqualMembers(text: string): never {
  const name = text.slice(0, 100);
  throw members.includes(name)
    ? invalid(`The transaction has \`${name}\` more than once; put everything into one.`)
    : unknownMember(text);
}

function refuseEqualConditions(key: string): never {
  throw invalid(`\`if\` has the key ${JSON.stringify(key)} more than once; a key has one condition.`);
}

function unknownMember(text: string): Problem {
  const { name, guess, all } = unknownName(text, members);
  return invalid(`A transaction has no member ${JSON.stringify(name)}.${guess} It has ${all}.`);
}

function parseConditions(json: string | undefined): ReadonlyMap<string, KeyCondition> {
  const conditions = new Map<string, KeyCondition>();
  if (json === undefined) return conditions;
  if (!json.startsWith('{')) throw invalid('`if` is an object of keys with their conditions, {"key": null}.');
  for (const [key, text] of splitMembers(json, maxDepth, refuseEqualConditions)) {
    const condition = parseKeyCondition(text);
    if (condition === undefined) {
      throw invalid(
        `A condition is the ETag of the key, "*" (it exists) or null (it does not); that of ${JSON.stringify(key)} is ${shown(text)}.`,
      );
    }
    conditions.set(parseKey(key), condition);
  }
  if (conditions.size > maxConditions) {
    throw invalid(`\`if\` has at most ${maxConditions} keys; this one has ${conditions.size}.`);
  }
  return conditions;
}

function parseSetPairs(json: string | undefined): Pair[] {
  if (json === undefined) return [];
  if (!json.startsWith('{')) throw invalid('`set` is an object of pairs, {"key": value}.');
  return pairsIn(splitMembers(json));
}

function parseDeletes(json: string | undefined): string[] {
  if (json === undefined || json === '[]') return [];
  if (!json.startsWith('[')) throw invalid('`delete` is an array of keys, ["key"].');
  return [...new Set(parseKeys(json))];
}

function parseBodyTtl(json: string | undefined, pairs: readonly Pair[]): number | undefined {
  if (json === undefined) return undefined;
  // As JSON Schema has it, `60.0` is whole as well.
  const ttl = Number(json);
  if (!(Number.isInteger(ttl) && ttl >= 1 && ttl <= maxTtl)) {
    throw invalid(`\`ttl\` is a whole number of seconds from 1 to ${maxTtl}; this one is ${shown(json)}.`);
  }
  if (pairs.length === 0) throw invalid('`ttl` is of the pairs in `set`; this transaction has none.');
  return ttl;
}

/** The beginning of what was sent. */
function shown(json: string): string {
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
}

function invalid(message: string): Problem {
  return new Problem('invalid-body', message);
}
