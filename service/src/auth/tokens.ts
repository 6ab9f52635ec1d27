/** The tokens that may use the API. The file and the memory hold only their digests, never a token. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Scope } from '../store/limited/scope.ts';

/** `ro` may read, `rw` may read and write. */
export type Access = 'ro' | 'rw';

/** A second; undefined: what the settings say. 0: no limit. */
export interface Limits {
  readonly requests: number | undefined;
  /** Of bodies and answers. */
  readonly bytes: number | undefined;
}

export interface Token {
  /** Who has it, for people and metrics; never a part of the secret. */
  readonly name: string;
  readonly access: Access;
  /** SHA-256 of the token's text, in lower-case hexadecimal digits. */
  readonly digest: string;
  /** The keys that it reaches; undefined: all. */
  readonly scope: Scope | undefined;
  /** Unix milliseconds from which on it is refused; undefined: never. */
  readonly expires: number | undefined;
  readonly limits: Limits | undefined;
  /** Unix time in milliseconds; undefined: not yet, by this process. */
  lastUsed: number | undefined;
}

/** Each is a series of a metric. */
export const maxTokens = 256;

/** Tokens by the first digits of their digests. */
export type TokenIndex = ReadonlyMap<string, Token>;

/** Digits that lead to a token: 64 bits, so that no two tokens share them. */
export const indexDigits = 16;

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
