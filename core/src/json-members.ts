/** Reads an object's members without touching their values: numbers, escapes and order stay as they were sent. */
import { Problem } from './problem.ts';

/** Objects and arrays inside each other, the body's own object included. */
export const maxDepth = 128;

type RefuseEqual = (key: string) => never;

/**
 * The members of a JSON object: decoded key to the value's JSON text, white space between its tokens removed.
 * The last of equal keys counts, unless `refuseEqual` is given: it is called with a key that comes again, and throws.
 * `deepest`: levels that the text may have. Throws Problem `invalid-body`.
 */
export function parseMembers(text: string, deepest = maxDepth, refuseEqual?: RefuseEqual): Map<string, string> {
  let root: unknown;
  try {
    // The platform's own parser says whether it is JSON; what follows may then trust the text.
    root = JSON.parse(text);
  } catch (cause) {
    const why = text.trim() === '' ? 'it is empty' : cause instanceof Error ? cause.message : String(cause);
    throw new Problem('invalid-body', `The body is not JSON: ${why.slice(0, 200)}.`, { cause });
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    const kind = root === null ? 'null' : Array.isArray(root) ? 'an array' : `a ${typeof root}`;
    throw new Problem('invalid-body', `The body is an object of pairs, {"key": value, …}; this one is ${kind}.`);
  }
  return splitMembers(text, deepest, refuseEqual);
}

/** As `parseMembers`, of a text that is known to be a JSON object, such as a member's value. */
export function splitMembers(text: string, deepest = maxDepth, refuseEqual?: RefuseEqual): Map<string, string> {
  const members = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text[at] === '}') return members;
    if (text[at] === ',') at = skipSpace(text, at + 1);
    const keyEnd = endOfString(text, at);
    const key: string = JSON.parse(text.slice(at, keyEnd));
    const start = text.indexOf(':', keyEnd) + 1;
    at = endOfValue(text, start, deepest);
    if (refuseEqual !== undefined && members.has(key)) refuseEqual(key);
    members.set(key, compact(text.slice(start, at)));
  }
}

function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The position behind the string that begins at `at`. The platform looks for its end: a mebibyte takes a millisecond otherwise. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
}

/** The position of the `,` or `}` behind the value that begins at `at`. */
function endOfValue(text: string, at: number, deepest: number): number {
  let depth = 1;
  for (let i = at; ; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i) - 1;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepest) {
        throw new Problem('invalid-body', `The body is nested deeper than ${deepest} levels.`);
      }
    } else if (code === 0x7d || code === 0x5d) {
      if (--depth === 0) return i;
    } else if (code === 0x2c && depth === 1) return i;
  }
}

/** A value without the white space between its tokens. */
function compact(value: string): string {
  const text = value.trim();
  // A string is one token.
  if (text.charCodeAt(0) === 0x22) return text;
  if (!/[ \n\r\t]/.test(text)) return text;
  let result = '';
  for (let i = 0; i < text.length; ) {
    const code = text.charCodeAt(i);
    if (isSpace(code)) {
      i++;
      continue;
    }
    const end = code === 0x22 ? endOfString(text, i) : i + 1;
    result += text.slice(i, end);
    i = end;
  }
  return result;
}
