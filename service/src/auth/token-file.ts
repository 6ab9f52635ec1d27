/** The file of tokens, read again and again: a change is in force without a restart. */
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Clock } from '../store/clock.ts';
import type { TokenMetrics } from './token-metrics.ts';
import { findToken, parseTokens, type Token, type TokenIndex } from './tokens.ts';

/** Milliseconds between two looks. A volume of a Secret follows it within a minute or so, whatever is done here. */
export const tokensInterval = 2000;

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
  #text: string | undefined;
  #tokens: TokenIndex = new Map();
  /** Why the file's present text is not in force. */
  #fault: string | undefined;
  readonly #listeners: (() => void)[] = [];
  #closed = false;
  #cancel = () => {};

  private constructor(options: TokenFileOptions) {
    this.#options = options;
  }

  /** Rejects when there is nothing to begin with: a file that cannot be read or used. */
  static async open(options: TokenFileOptions): Promise<TokenFile> {
    const tokens = new TokenFile(options);
    try {
      tokens.#take(await readFile(options.file, 'utf8'));
    } catch (cause) {
      throw new Error(`The tokens in ${options.file} cannot be used: ${reasonOf(cause)}.`, { cause });
    }
    tokens.#next();
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
    this.#closed = true;
    this.#cancel();
  }

  #next(): void {
    if (!this.#closed) this.#cancel = this.#options.clock.after(tokensInterval, () => void this.#look());
  }

  /** The contents are compared, not a time or an inode: whatever replaced the file, and however, is seen. */
  async #look(): Promise<void> {
    const { file, log, metrics } = this.#options;
    try {
      const text = await readFile(file, 'utf8');
      if (text !== this.#text || this.#fault !== undefined) this.#take(text);
    } catch (error) {
      const fault = reasonOf(error);
      // A fault that stays is said once.
      if (fault !== this.#fault) log.error({ file, fault }, 'tokens cannot be used: the last good ones stay in force');
      this.#fault = fault;
      metrics.kept();
    }
    this.#next();
  }

  #take(text: string): void {
    const { file, log, metrics } = this.#options;
    const tokens = parseTokens(text);
    for (const [index, token] of tokens) {
      const before = this.#tokens.get(index);
      if (before?.name === token.name && before.lastUsed !== undefined) token.lastUsed = before.lastUsed;
    }
    this.#text = text;
    this.#tokens = tokens;
    this.#fault = undefined;
    metrics.taken([...tokens.values()]);
    log.info({ file, tokens: tokens.size }, 'tokens in force');
    for (const listener of this.#listeners) listener();
  }
}

/** What may be logged: of a system's error its code, never what was in the file. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
