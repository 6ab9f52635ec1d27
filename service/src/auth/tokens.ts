/** The tokens that may use the API. Only their digests are ever held: whoever reads the file or the memory has no token. */
import { hash, timingSafeEqual } from 'node:crypto';

/** `ro` may read, `rw` may read and write. */
export type Access = 'ro' | 'rw';

export interface Token {
  /** Who has it, for people and metrics; never a part of the secret. */
  readonly name: string;
  readonly access: Access;
  /** SHA-256 of the token's text. */
  readonly digest: Buffer;
  /** Unix time in milliseconds; undefined: not yet, by this process. */
  lastUsed?: number;
}

/** Each request is compared with all of them, and each is a series of a metric. */
export const maxTokens = 256;

/** `<access> <name> sha256:<64 hexadecimal digits>` */
const line = /^(ro|rw)[ \t]+([A-Za-z0-9][A-Za-z0-9._@-]{0,62})[ \t]+sha256:([0-9a-f]{64})$/i;

/**
 * Parses a file of tokens: a line each, empty lines and lines that begin with `#` aside.
 * Throws an Error that names the line and never repeats it: it may hold a token that somebody did not digest.
 */
export function parseTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const [, access, name, digest] = line.exec(content) ?? [];
    if (access === undefined || name === undefined || digest === undefined) {
      throw new Error(`line ${i + 1} is not "ro|rw <name> sha256:<64 hexadecimal digits>"`);
    }
    const token: Token = { name, access: access.toLowerCase() as Access, digest: Buffer.from(digest, 'hex') };
    const twin = tokens.find((other) => other.name === name || other.digest.equals(token.digest));
    if (twin !== undefined) throw new Error(`line ${i + 1} has the name or the token of another line`);
    tokens.push(token);
  }
  // A file that is being written is empty for a moment. Nobody means that all are locked out.
  if (tokens.length === 0) throw new Error('it has no token');
  if (tokens.length > maxTokens) throw new Error(`it has ${tokens.length} tokens, ${maxTokens} at the most`);
  return tokens;
}

/** The token with this text, in a time that depends only on the text's length and the number of tokens. */
export function findToken(tokens: readonly Token[], text: string): Token | undefined {
  const digest = hash('sha256', text, 'buffer');
  let found: Token | undefined;
  for (const token of tokens) {
    if (timingSafeEqual(token.digest, digest)) found = token;
  }
  return found;
}
