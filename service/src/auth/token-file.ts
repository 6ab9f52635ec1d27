/** The tokens that are in force: those of a file, which may be replaced at any time. */
import type { Logger } from 'pino';
import { type FollowedFiles, followFiles, reasonOf } from '../followed-files.ts';
import type { Clock } from '../store/clock.ts';
import { areSameKeys } from '../store/limited/scope.ts';
import { parseTokens } from './parse-tokens.ts';
import type { TokenMetrics } from './token-metrics.ts';
import { findToken, indexDigits, type Token, type TokenIndex } from './tokens.ts';

/** Who asks? */
export interface Tokens {
  /** The token in force with this text, noted as used; undefined: there is none. */
  use(text: string): Token | undefined;
  /** The token with this text that is in force no more because it has expired; undefined: there is none. */
  expired(text: string): Token | undefined;
  /** Whether a token that was used is still in force, for the same keys. */
  holds(token: Token): boolean;
  /** Calls back whenever other tokens are in force. */
  onChange(listener: () => void): void;
}

export interface TokenFileOptions {
  readonly file: string;
  readonly log: Logger;
  readonly metrics: TokenMetrics;
  readonly clock: Clock;
}

export class TokenFile implements Tokens {
  readonly #options: TokenFileOptions;
  #tokens: TokenIndex = new Map();
  readonly #listeners: (() => void)[] = [];
  #cancelExpiry = () => {};
  #followed: FollowedFiles | undefined;

  private constructor(options: TokenFileOptions) {
    this.#options = options;
  }

  /** Rejects when there is nothing to begin with: a file that cannot be read or used. */
  static async open(options: TokenFileOptions): Promise<TokenFile> {
    const { file, clock } = options;
    const tokens = new TokenFile(options);
    try {
      tokens.#followed = await followFiles({
        files: [file],
        take: ([text = '']) => tokens.#take(text),
        onFault: (fault, looks) => tokens.#keep(fault, looks),
        clock,
      });
    } catch (cause) {
      throw new Error(`The tokens in ${file} cannot be used: ${reasonOf(cause)}.`, { cause });
    }
    return tokens;
  }

  use(text: string): Token | undefined {
    const token = findToken(this.#tokens, text);
    if (token === undefined) return undefined;
    const now = this.#options.clock.wall();
    if (isOver(token, now)) return undefined;
    token.lastUsed = now;
    return token;
  }

  expired(text: string): Token | undefined {
    const token = findToken(this.#tokens, text);
    return token !== undefined && isOver(token, this.#options.clock.wall()) ? token : undefined;
  }

  holds({ digest, scope }: Token): boolean {
    const token = this.#tokens.get(digest.slice(0, indexDigits));
    if (token?.digest !== digest || isOver(token, this.#options.clock.wall())) return false;
    return areSameKeys(scope, token.scope);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#followed?.close();
    this.#cancelExpiry();
  }

  #keep(fault: string, looks: number): void {
    const { file, log, metrics } = this.#options;
    // A fault that stays is logged once.
    if (looks === 1) log.error({ file, fault }, 'tokens cannot be used: the last good ones stay in force');
    metrics.kept();
  }

  #take(text: string): void {
    const { file, log, metrics } = this.#options;
    const tokens = parseTokens(text);
    for (const [index, token] of tokens) {
      const before = this.#tokens.get(index);
      if (before?.name === token.name) token.lastUsed = before.lastUsed;
    }
    this.#tokens = tokens;
    metrics.taken([...tokens.values()]);
    log.info({ file, tokens: tokens.size }, 'tokens in force');
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
    this.#cancelExpiry();
    const { clock } = this.#options;
    const now = clock.wall();
    const next = Math.min(...[...this.#tokens.values()].map(({ expires = 0 }) => (expires > now ? expires : never)));
    if (next === never) return;
    // The wall clock may be set, and timers have a longest time.
    this.#cancelExpiry = clock.after(Math.min(next - now, longestWait), () => this.#changed());
  }
}

const never = Number.POSITIVE_INFINITY;

/** Milliseconds until the time is looked at again. */
const longestWait = 3_600_000;

function isOver({ expires }: Token, now: number): boolean {
  return expires !== undefined && expires <= now;
}
