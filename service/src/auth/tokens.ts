/** The tokens that may use the API. The file and the memory hold only their digests, never a token. */
import { hash, timingSafeEqual } from 'node:crypto';

/** `ro` may read, `rw` may read and write. */
type Access = 'ro' | 'rw';

export interface Token {
  /** Who has it, for people and metrics; never a part of the secret. */
  readonly name: string;
  readonly access: Access;
  /** SHA-256 of the token's text, in lower-case hexadecimal digits. */
  readonly digest: string;
  /** Unix time in milliseconds; undefined: not yet, by this process. */
  lastUsed?: number;
}

/** Each is a series of a metric. */
export const maxTokens = 256;

/** Tokens by the first digits of their digests. */
export type TokenIndex = ReadonlyMap<string, Token>;

/** Digits that lead to a token: 64 bits, so that no two tokens share them. */
const indexDigits = 16;

/** `<access> <name> sha256:<64 hexadecimal digits>` */
const line = /^(ro|rw)[ \t]+([A-Za-z0-9][A-Za-z0-9._@-]{0,62})[ \t]+sha256:([0-9a-f]{64})$/i;

/**
 * Parses a file of tokens: a line each, empty lines and lines that begin with `#` aside.
 * Throws an Error that names the line and never repeats it: it may hold a token that somebody did not digest.
 */
export function parseTokens(text: string): TokenIndex {
  const tokens = new Map<string, Token>();
  const names = new Set<string>();
  for (const [i, raw] of text.split('\n').entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const [, access, name, digest] = line.exec(content) ?? [];
    if (access === undefined || name === undefined || digest === undefined) {
      throw new Error(`line ${i + 1} is not "ro|rw <name> sha256:<64 hexadecimal digits>"`);
    }
    const token: Token = { name, access: access.toLowerCase() as Access, digest: digest.toLowerCase() };
    const index = token.digest.slice(0, indexDigits);
    if (names.has(name) || tokens.has(index))
      throw new Error(`line ${i + 1} has the name or the token of another line`);
    tokens.set(index, token);
    names.add(name);
  }
  // A file that is being written is empty for a moment: that must not lock all clients out.
  if (tokens.size === 0) throw new Error('it has no token');
  if (tokens.size > maxTokens) throw new Error(`it has ${tokens.size} tokens, ${maxTokens} at the most`);
  return tokens;
}

/**
 * The token with this text. The digests are compared in constant time; how they begin, which the look-up may tell by its
 * time, says nothing about a token.
 */
export function findToken(tokens: TokenIndex, text: string): Token | undefined {
  const digest = hash('sha256', text);
  const token = tokens.get(digest.slice(0, indexDigits));
  if (token === undefined) return undefined;
  shown.write(digest, 'latin1');
  known.write(token.digest, 'latin1');
  return timingSafeEqual(shown, known) ? token : undefined;
}

/** Two digests to be compared: to make buffers for each request would take as long as the digest. */
const shown = Buffer.alloc(64);
const known = Buffer.alloc(64);
