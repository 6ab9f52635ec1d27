/** The tokens that are in force: those of a file, which may be replaced at any time. */
import type { Logger } from 'pino';
import { type FollowedFiles, followFiles, reasonOf } from '../followed-files.ts';
import type { Clock } from '../store/clock.ts';
import type { TokenMetrics } from './token-metrics.ts';
import { findToken, parseTokens, type Token, type TokenIndex } from './tokens.ts';

/** Who asks? */
export interface Tokens {
  /** The token with this text, noted as used; undefined: there is none. */
  use(text: string): Token | undefined;
  /** Whether a token that was used is still in force. */
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
    if (token !== undefined) token.lastUsed = this.#options.clock.wall();
    return token;
  }

  holds({ digest }: Token): boolean {
    return [...this.#tokens.values()].some((each) => each.digest === digest);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#followed?.close();
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
      if (before?.name === token.name && before.lastUsed !== undefined) token.lastUsed = before.lastUsed;
    }
    this.#tokens = tokens;
    metrics.taken([...tokens.values()]);
    log.info({ file, tokens: tokens.size }, 'tokens in force');
    for (const listener of this.#listeners) listener();
  }
}
