/** Conditions (RFC 9110, 13.1): If-Match and If-None-Match of writes, and If-Match of reads. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@kvstore/core/problem.ts';
import { parseVersion, withoutCoding } from '../answers/entity-tag.ts';
import type { Condition, KeyCondition, Version } from '../store/store.ts';

/**
 * The condition that a write of so many keys asks for; undefined: none.
 * Throws Problem `invalid-request`, and `precondition-failed` for a tag that no key can have.
 */
export function parseCondition(headers: IncomingHttpHeaders, keys: number): Condition | undefined {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (match === undefined && noneMatch === undefined) return undefined;
  if (match !== undefined && noneMatch !== undefined) throw invalid('A write has If-Match or If-None-Match, not both.');
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== '*') throw invalid('If-None-Match of a write is *: only if no such key exists.');
    return { absent: true };
  }
  if (keys !== 1) throw invalid(`If-Match holds for one key; this request has ${keys}.`);
  return { version: versionOf(match ?? '') };
}

function versionOf(match: string): Version | 'any' {
  const tag = match.trim();
  if (tag === '*') return 'any';
  const version = versionOfTag(tag);
  if (version === undefined) throw invalid('If-Match is one entity tag in quotes, as ETag gave it, or *.');
  if (version === 'never')
    throw new Problem('precondition-failed', `No key has the entity tag ${tag}: nothing was written.`);
  return version;
}

/** Of one entity tag; 'never': no key ever has it. Undefined: the text is none. */
function versionOfTag(tag: string): Version | 'never' | undefined {
  const [, weak, text] = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/.exec(tag) ?? [];
  if (text === undefined) return undefined;
  // Compared strongly: a weak tag matches nothing (RFC 9110, 8.8.3.2), nor does one that is no version.
  return (weak === undefined ? parseVersion(text) : undefined) ?? 'never';
}

/**
 * The condition of a key in a transaction, from its JSON text: null (there is no such key), "*" (there is), or its entity
 * tag, with its quotes or without. Undefined: it is none of these.
 */
export function parseKeyCondition(json: string): KeyCondition | undefined {
  const given: unknown = JSON.parse(json);
  if (given === null) return 'absent';
  if (typeof given !== 'string') return undefined;
  if (given === '*') return 'exists';
  return parseVersion(given) ?? versionOfTag(given);
}

/** A call whose conditions are in its body, or that has none. Throws Problem `invalid-request`. */
export function refuseConditions(headers: IncomingHttpHeaders, instead: string): void {
  for (const name of ['if-match', 'if-none-match'] as const) {
    if (headers[name] === undefined) continue;
    throw invalid(`${name === 'if-match' ? 'If-Match' : 'If-None-Match'} does not hold for this call: ${instead}.`);
  }
}

/** If-Match of a read: see Read.mustMatch. Throws Problem `invalid-request` when it is no list of entity tags. */
export function parseReadCondition(headers: IncomingHttpHeaders): ((etag: string | undefined) => void) | undefined {
  const match = withoutCoding(headers['if-match']?.trim());
  if (match === undefined) return undefined;
  if (match !== '*' && !tagList.test(match)) throw invalid('If-Match is a list of entity tags in quotes, or *.');
  // Compared strongly: a weak tag matches nothing.
  const tags = [...match.matchAll(tagsIn)].filter(([, weak]) => weak === undefined).map(([, , tag]) => tag);
  return (etag) => {
    if (etag !== undefined && (match === '*' || tags.includes(etag))) return;
    throw new Problem('precondition-failed', 'If-Match does not name what is stored now.');
  };
}

const tagList = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;
const tagsIn = /(W\/)?("[^"]*")/g;

function invalid(message: string): Problem {
  return new Problem('invalid-request', message);
}
