/** A token as a JSON object of the file: `{"name", "token" | "digest", "may", "prefixes", "expires", "limits"}`. */
import { hash } from 'node:crypto';
import { parseKey } from '@kvstore/core/key.ts';
import { Scope } from '../store/limited/scope.ts';
import type { Access, Limits, Token } from './tokens.ts';

const members: ReadonlySet<string> = new Set(['name', 'token', 'digest', 'may', 'prefixes', 'expires', 'limits']);
const limitNames: ReadonlySet<string> = new Set(['requests', 'bytes']);

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;

/** Each is compared with the key of a read. */
const maxPrefixes = 100;
/** Bytes a second; what a number holds exactly when it is added to. */
const maxLimit = 1e12;

/** RFC 6750, 2.1. */
const tokenPattern = /^[A-Za-z0-9._~+/-]+=*$/;
const digestPattern = /^sha256:([0-9a-f]{64})$/i;
/** A date, or a date and a time with its zone (RFC 3339). */
const timePattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?$/i;

/** Throws an Error that ends a sentence which begins with the entry's place. It never repeats what the entry holds. */
export function parseEntry(entry: unknown): Token {
  if (!isObject(entry)) throw new Error('is no JSON object');
  checkMembers(entry, members);
  const { name, may, prefixes, expires, limits } = entry;
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw new Error('has no "name" of 1 to 63 letters, digits and "._@-" that begins with a letter or digit');
  }
  if (may !== 'read' && may !== 'write') throw new Error('has no "may" that is "read" or "write"');
  const access: Access = may === 'read' ? 'ro' : 'rw';
  return {
    ...{ name, access, digest: digestIn(entry), scope: scopeOf(prefixes), expires: timeOf(expires) },
    ...{ limits: limitsOf(limits), lastUsed: undefined },
  };
}

function digestIn({ token, digest }: Readonly<Record<string, unknown>>): string {
  if ((token === undefined) === (digest === undefined)) throw new Error('has neither or both of "token" and "digest"');
  if (token !== undefined) {
    if (typeof token === 'string' && tokenPattern.test(token)) return hash('sha256', token);
    throw new Error('has a "token" that is no text of letters, digits and "-._~+/", with "=" at its end');
  }
  const digits = parseDigest(typeof digest === 'string' ? digest : '');
  if (digits === undefined) throw new Error('has a "digest" that is not "sha256:<64 hexadecimal digits>"');
  return digits;
}

/** The digits of `sha256:<64 hexadecimal digits>`, in lower case; undefined: the text is something else. */
export function parseDigest(text: string): string | undefined {
  return digestPattern.exec(text)?.[1]?.toLowerCase();
}

function scopeOf(prefixes: unknown): Scope | undefined {
  if (prefixes === undefined) return undefined;
  if (!Array.isArray(prefixes) || prefixes.length === 0 || prefixes.length > maxPrefixes) {
    throw new Error(`has "prefixes" that are no array of 1 to ${maxPrefixes} texts; leave them out for all keys`);
  }
  if (!prefixes.every(isPrefix)) {
    throw new Error('has one of its "prefixes" that no key begins with; leave "prefixes" out for all keys');
  }
  return new Scope(prefixes);
}

function isPrefix(prefix: unknown): prefix is string {
  try {
    return typeof prefix === 'string' && parseKey(prefix) === prefix;
  } catch {
    return false;
  }
}

function timeOf(expires: unknown): number | undefined {
  if (expires === undefined) return undefined;
  const isTime = typeof expires === 'string' && timePattern.test(expires) && isDay(expires.slice(0, 10));
  const time = isTime ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new Error('has "expires" that is no time such as "2027-01-31" or "2027-01-31T12:00:00Z"');
  }
  return time;
}

/** Date.parse takes 31 February for 3 March. */
function isDay(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

function limitsOf(limits: unknown): Limits | undefined {
  if (limits === undefined) return undefined;
  if (!isObject(limits)) throw new Error('has "limits" that are no JSON object');
  checkMembers(limits, limitNames, 'in "limits" ');
  const { requests, bytes } = limits;
  return { requests: rateOf(requests), bytes: rateOf(bytes) };
}

function rateOf(rate: unknown): number | undefined {
  if (rate === undefined) return undefined;
  if (Number.isInteger(rate) && Number(rate) >= 0 && Number(rate) <= maxLimit) return Number(rate);
  throw new Error(`has "limits" with a rate that is no whole number from 0 (no limit) to ${maxLimit}`);
}

function checkMembers(object: object, known: ReadonlySet<string>, where = ''): void {
  if (Object.keys(object).every((name) => known.has(name))) return;
  throw new Error(`has ${where}a member that is not known; there are ${[...known].join(', ')}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
