/** The service's API as the console uses it. Values are texts of JSON, never parsed. */
import { parseRetryAfter } from '@kvstore/core/retry-after.js';
import { membersOf } from './json-text.js';

const tokenName = 'kvstore-token';

/** An answer that is an error, by the service's own words (RFC 9457). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {number} [retryAfter] milliseconds until the same may be asked again, where the answer says so
   */
  constructor(status, code, message, retryAfter) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same may be answered later: the service is busy, or what answers is not the service. */
  get mayPass() {
    return this.status >= 500 || this.status === 408 || this.status === 429 || this.code === 'unknown';
  }
}

/** Kept for this tab only, and gone with it. */
export const token = {
  get: () => sessionStorage.getItem(tokenName),
  /** @param {string} text */
  set: (text) => sessionStorage.setItem(tokenName, text),
  forget: () => sessionStorage.removeItem(tokenName),
};

/**
 * Asks the service. Throws Problem, or what fetch throws: TypeError without a connection, AbortError.
 * @param {string} target relative to the page, so that it holds below a proxy's path, too
 * @param {RequestInit & { headers?: Record<string, string>, untagged?: boolean }} [options] untagged: the answer shows no data,
 * and has no entity tag
 */
export async function ask(target, { headers, untagged = false, ...options } = {}) {
  const shown = token.get();
  const authorization = shown === null ? undefined : { Authorization: `Bearer ${shown}` };
  const answer = await fetch(target, {
    ...options,
    cache: 'no-store',
    // A token is for this service alone.
    redirect: 'manual',
    headers: { ...authorization, ...headers },
  });
  if (answer.type === 'opaqueredirect') throw new Problem(502, 'unknown', strangeAnswer(answer));
  if (!answer.ok) throw await problemOf(answer);
  const isEvents = typeOf(answer) === 'text/event-stream';
  const isData =
    /^application\/(json|x-ndjson)$/.test(typeOf(answer)) &&
    (untagged || /^"[0-9a-z]{8}-\d/.test(answer.headers.get('ETag') ?? ''));
  // A login page or another service also answers with 200.
  if (answer.status !== 200 || !(isEvents || isData)) throw new Problem(502, 'unknown', strangeAnswer(answer));
  return answer;
}

/** @param {Response} answer */
function typeOf(answer) {
  return (answer.headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** @param {Response} answer that is not this service's */
function strangeAnswer(answer) {
  if (answer.type === 'opaqueredirect')
    return 'Something in front of the service leads elsewhere, such as to a login. Load the page anew.';
  return `Something else than the service answers: status ${answer.status}, ${typeOf(answer) || 'no type'}. Load the page anew.`;
}

/**
 * What the token may do.
 * @typedef {object} Rights
 * @property {'read' | 'write'} may
 * @property {string[] | null} prefixes that its keys begin with; null: all keys
 */

/** @type {Rights} */
const everything = { may: 'write', prefixes: null };

/**
 * What the token of the tab may do. Without one, and when that cannot be learnt, the service decides at each request.
 * @returns {Promise<Rights>}
 */
export async function readRights() {
  if (token.get() === null) return everything;
  try {
    const answer = await ask('whoami', { untagged: true });
    const { may, prefixes } = await answer.json();
    return { may: may === 'read' ? 'read' : 'write', prefixes: Array.isArray(prefixes) ? prefixes.map(String) : null };
  } catch {
    return everything;
  }
}

/** @param {Response} answer */
async function problemOf(answer) {
  const isOurs = typeOf(answer) === 'application/problem+json';
  const { code, detail, title } = isOurs ? await answer.json().catch(() => ({})) : { code: undefined };
  // An answer of something in front of the service, such as a proxy's page, is no problem of the service's.
  const retryAfter = parseRetryAfter(answer.headers.get('Retry-After'), Date.now());
  if (typeof code !== 'string') return new Problem(answer.status, 'unknown', strangeAnswer(answer), retryAfter);
  const message = detail || title || `The service answered with status ${answer.status}.`;
  return new Problem(answer.status, code, message, retryAfter);
}

/** @typedef {{ prefix: string, suffix: string }} Filter */

/** @param {Filter} filter */
export function queryOf({ prefix, suffix }) {
  const query = new URLSearchParams({ prefix });
  if (suffix !== '') query.set('suffix', suffix);
  return query;
}

/**
 * A page of keys.
 * @param {Filter} filter
 * @param {string | undefined} after
 * @param {number} limit
 * @param {AbortSignal} signal
 * @returns {Promise<{ keys: string[], more: boolean }>}
 */
export async function searchKeys(filter, after, limit, signal) {
  const query = queryOf(filter);
  query.set('limit', String(limit));
  if (after !== undefined) query.set('after', after);
  const answer = await ask(`search?${query}`, { signal });
  return { keys: await answer.json(), more: answer.headers.has('Link') };
}

/**
 * A value as text, with what wrote it.
 * @typedef {object} Stored
 * @property {string} text
 * @property {number} version the revision that wrote it
 * @property {string} tag the entity tag of the value, for conditions
 * @property {number | undefined} expires Unix time in milliseconds
 */

/**
 * What is stored; undefined: there is no such key. The request is for a line, which has the expiry too; and not with a
 * path, of which a browser would clean away a key such as `..`.
 * @param {string} key
 * @returns {Promise<Stored | undefined>}
 */
export async function getValue(key) {
  // Of all that begin with it the key itself is the first.
  const query = new URLSearchParams({ prefix: key, limit: '1' });
  const answer = await ask(`./?${query}`, { headers: { Accept: 'application/x-ndjson' } });
  const line = (await answer.text()).trimEnd();
  const found = line === '' ? undefined : readLine(line, timelineOf(answer.headers.get('ETag') ?? ''));
  return found?.key === key ? found : undefined;
}

/**
 * A line of a dump or an event's data: a value only when there is one.
 * @param {string} line
 * @param {string} timeline of the answer or event that it is from
 */
export function readLine(line, timeline) {
  const members = membersOf(line);
  const expires = members.get('expires');
  const version = Number(members.get('revision'));
  return {
    /** @type {string} */
    key: JSON.parse(members.get('key') ?? '""'),
    text: members.get('value') ?? '',
    version,
    tag: `"${timeline}-${version}"`,
    expires: expires === undefined ? undefined : Number(expires),
  };
}

/**
 * Writes a value on a condition: the entity tag of the value that it replaces, or (undefined) that there is none yet.
 * Throws Problem `precondition-failed` when that does not hold; then nothing was written.
 * @param {string} key
 * @param {string} text valid JSON: it is put into the request as it stands
 * @param {string | undefined} tag
 * @param {number} [ttl] seconds
 * @returns {Promise<Pick<Stored, 'version' | 'tag'>>} of the new value
 */
export async function setValue(key, text, tag, ttl) {
  /** @type {Record<string, string>} */
  const condition = tag === undefined ? { 'If-None-Match': '*' } : { 'If-Match': tag };
  const target = ttl === undefined ? 'set' : `set?ttl=${ttl}`;
  const body = `{${JSON.stringify(key)}:${text}}`;
  return versionOf(await ask(target, { method: 'POST', body, headers: condition }));
}

/**
 * Deletes a key if its value still has the entity tag; else Problem `precondition-failed`.
 * @param {string} key
 * @param {string} tag
 */
export async function deleteKey(key, tag) {
  const headers = { 'If-Match': tag };
  await ask('delete', { method: 'POST', body: JSON.stringify([key]), headers });
}

/** @param {Response} answer */
function versionOf(answer) {
  const tag = answer.headers.get('ETag') ?? '';
  return { version: Number(/-(\d+)/.exec(tag)?.[1]), tag };
}

/**
 * The store's timeline, with which entity tags and event ids begin.
 * @param {string} text
 */
export function timelineOf(text) {
  return /^"?([0-9a-z]+)-/.exec(text)?.[1] ?? '';
}
