/** Conditions (RFC 9110, 13.1): If-Match and If-None-Match of writes, and If-Match of reads. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@kvstore/core/problem.ts';
import { parseVersion, withoutCoding } from '../answers/entity-tag.ts';
import type { Condition, Version } from '../store/store.ts';

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
  const [, weak, text] = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/.exec(tag) ?? [];
  if (text === undefined) throw invalid('If-Match is one entity tag in quotes, as ETag gave it, or *.');
  // Compared strongly: a weak tag matches nothing (RFC 9110, 8.8.3.2), nor does one that is no version.
  const version = weak === undefined ? parseVersion(text) : undefined;
  if (version === undefined)
    throw new Problem('precondition-failed', `No key has the entity tag ${tag}: nothing was written.`);
  return version;
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
