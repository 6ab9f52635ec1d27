/** The file of tokens: a line each, short or as a JSON object; or one JSON array of such objects. */
import { areSameKeys } from '../store/limited/scope.ts';
import { namePattern, parseDigest, parseEntry } from './token-entry.ts';
import { type Access, indexDigits, maxTokens, type Token, type TokenIndex } from './tokens.ts';

/** A token and where the file has it, such as `line 3`. */
interface Placed {
  readonly place: string;
  readonly token: Token;
}

/** `<access> <name> sha256:<64 hexadecimal digits>` */
const shortForm = /^(ro|rw)[ \t]+(\S+)[ \t]+(\S+)$/i;

/**
 * Parses a file of tokens. Empty lines and lines that begin with `#` are skipped. A name may be there twice, for a token and
 * the one that takes its place, with the same rights.
 * Throws an Error that names the line or item and never repeats it: it may hold a token that somebody did not digest.
 */
export function parseTokens(text: string): TokenIndex {
  const tokens = new Map<string, Token>();
  const named = new Map<string, Placed[]>();
  for (const each of text.trimStart().startsWith('[') ? itemsOf(text) : linesOf(text)) {
    const { place, token } = each;
    const index = token.digest.slice(0, indexDigits);
    if (tokens.has(index)) throw new Error(`${place} has the token of another one`);
    tokens.set(index, token);
    const others = named.get(token.name) ?? [];
    named.set(token.name, [...others, each]);
    checkName(each, others);
  }
  // A file that is being written is empty for a moment: that must not lock all clients out.
  if (tokens.size === 0) throw new Error('it has no token');
  if (tokens.size > maxTokens) throw new Error(`it has ${tokens.size} tokens, ${maxTokens} at the most`);
  return tokens;
}

/** A name that is meant for another token is most often a line that was copied. */
function checkName({ place, token }: Placed, [other, second]: readonly Placed[]): void {
  if (other === undefined) return;
  if (second !== undefined) throw new Error(`${place} has the name of two others: a token and its successor share one`);
  if (!haveSameRights(token, other.token)) {
    throw new Error(
      `${place} has the name of ${other.place} and other rights: a token and its successor have the same`,
    );
  }
}

function haveSameRights(a: Token, b: Token): boolean {
  const isSameRate = a.limits?.requests === b.limits?.requests && a.limits?.bytes === b.limits?.bytes;
  return a.access === b.access && areSameKeys(a.scope, b.scope) && isSameRate;
}

function* linesOf(text: string): Iterable<Placed> {
  for (const [i, raw] of text.split('\n').entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const place = `line ${i + 1}`;
    yield {
      place,
      token: content.startsWith('{') ? entryAt(place, parseJson(content, place)) : shortEntry(content, place),
    };
  }
}

function* itemsOf(text: string): Iterable<Placed> {
  const items = parseJson(text, 'it begins with "[" and');
  if (!Array.isArray(items)) throw new Error('it is no JSON array');
  for (const [i, item] of items.entries()) {
    const place = `item ${i + 1}`;
    yield { place, token: entryAt(place, item) };
  }
}

function shortEntry(content: string, place: string): Token {
  const [, access, name = '', text = ''] = shortForm.exec(content) ?? [];
  const digest = parseDigest(text);
  if (access === undefined || !namePattern.test(name) || digest === undefined) {
    throw new Error(`${place} is not "ro|rw <name> sha256:<64 hexadecimal digits>", nor a JSON object`);
  }
  return {
    ...{ name, access: access.toLowerCase() as Access, digest },
    ...{ scope: undefined, expires: undefined, limits: undefined, lastUsed: undefined },
  };
}

function entryAt(place: string, entry: unknown): Token {
  try {
    return parseEntry(entry);
  } catch (error) {
    throw new Error(`${place} ${(error as Error).message}`);
  }
}

/** What JSON.parse throws repeats a part of the text. */
function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${place} is not JSON`);
  }
}
