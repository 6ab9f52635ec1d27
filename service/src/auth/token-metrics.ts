/** Metrics of the tokens: whether the file's latest contents are in force, and which tokens are still used. */
import { Gauge, type Registry } from 'prom-client';
import type { Token } from './tokens.ts';

export interface TokenMetrics {
  /** These are in force from now on. */
  taken(tokens: readonly Token[]): void;
  /** The file cannot be used; those before stay in force. */
  kept(): void;
}

export function tokenMetrics(registry: Registry): TokenMetrics {
  let current: readonly Token[] = [];
  const successful = new Gauge({
    name: 'kvstore_tokens_last_reload_successful',
    help: '1: the tokens in force are those in the file; 0: the file cannot be used, earlier ones stay in force.',
    registers: [registry],
  });
  new Gauge({
    name: 'kvstore_tokens',
    help: 'Tokens in force, by what they may do.',
    labelNames: ['access'],
    registers: [registry],
    collect() {
      for (const access of ['ro', 'rw'])
        this.set({ access }, current.filter((token) => token.access === access).length);
    },
  });
  new Gauge({
    name: 'kvstore_token_last_used_timestamp_seconds',
    help: 'When a request with the token last came to this process; a token that is not used has no series.',
    labelNames: ['token', 'digest'],
    registers: [registry],
    collect() {
      this.reset();
      for (const token of current) if (token.lastUsed !== undefined) this.set(labelsOf(token), token.lastUsed / 1000);
    },
  });
  new Gauge({
    name: 'kvstore_token_expiry_timestamp_seconds',
    help: 'When the token expires, or has expired; a token that does not expire has no series.',
    labelNames: ['token', 'digest'],
    registers: [registry],
    collect() {
      this.reset();
      for (const token of current) if (token.expires !== undefined) this.set(labelsOf(token), token.expires / 1000);
    },
  });
  return {
    taken(tokens) {
      current = tokens;
      successful.set(1);
    },
    kept: () => successful.set(0),
  };
}

/** Digits of the digest that tell a token from its successor of the same name; they lead to no token. */
const shownDigits = 8;

function labelsOf({ name, digest }: Token): { readonly token: string; readonly digest: string } {
  return { token: name, digest: digest.slice(0, shownDigits) };
}
