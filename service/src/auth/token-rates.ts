/**
 * How fast a token may send requests and have bytes sent, of its entry in the file or of the settings; off by default. One token
 * and its successor have one rate. Each replica counts for itself.
 */
import type { ServerResponse } from 'node:http';
import { Problem } from '@kvstore/core/problem.ts';
import { Counter, type Registry } from 'prom-client';
import { Allowance } from '../flow-control/allowance.ts';
import type { Clock } from '../store/clock.ts';
import type { Token } from './tokens.ts';
import { Transfer } from './transfer.ts';

/** A second; 0: any. */
export interface Rates {
  readonly requests: number;
  /** Of bodies that clients send, and of answers, heads included. */
  readonly bytes: number;
}

export interface TokenRatesOptions {
  /** Of tokens whose entry says nothing else. */
  readonly standard: Rates;
  readonly clock: Clock;
  readonly registry: Registry;
}

interface Account {
  readonly rates: Rates;
  readonly requests: Allowance | undefined;
  readonly bytes: Allowance | undefined;
  /** Of requests that are not over. */
  readonly transfers: Set<Transfer>;
  /** When the bytes of transfers on their way were last counted, by the clock's `now`. */
  countedAt: number;
}

/** Milliseconds between two counts of what is being sent: a token may have thousands of watches. */
const countInterval = 100;

export class TokenRates {
  readonly #options: TokenRatesOptions;
  readonly #hasStandard: boolean;
  readonly #refused: Counter<'token' | 'limit'>;
  /** By the token's name. */
  readonly #accounts = new Map<string, Account>();

  constructor(options: TokenRatesOptions) {
    this.#options = options;
    this.#hasStandard = options.standard.requests > 0 || options.standard.bytes > 0;
    this.#refused = new Counter({
      name: 'kvstore_token_rate_limited_total',
      help: 'Requests that were answered with 429, by the name of the token and the limit: requests or bytes.',
      labelNames: ['token', 'limit'],
      registers: [options.registry],
    });
  }

  /** What holds for the token; undefined: no limit. */
  ratesOf({ limits }: Token): Rates | undefined {
    if (limits === undefined && !this.#hasStandard) return undefined;
    const { standard } = this.#options;
    const rates = { requests: limits?.requests ?? standard.requests, bytes: limits?.bytes ?? standard.bytes };
    return rates.requests === 0 && rates.bytes === 0 ? undefined : rates;
  }

  /**
   * Counts a request, and notes on its response what is left. Throws Problem `rate-limited`.
   * Bytes are counted as they are sent: an answer that has begun is sent whole, and the requests behind it wait.
   */
  take(token: Token, response: ServerResponse): void {
    const rates = this.ratesOf(token);
    if (rates === undefined) return;
    const account = this.#accountOf(token.name, rates);
    const now = this.#options.clock.now();
    this.#countPassed(account, now);
    const { requests, bytes } = account;
    const isOver =
      bytes !== undefined && !bytes.isLeft(now) ? 'bytes' : requests?.take(now) === false ? 'requests' : undefined;
    const policies: string[] = [];
    const left: string[] = [];
    for (const [name, allowance, unit] of [
      ['requests', requests, ''],
      ['bytes', bytes, ';qu="content-bytes"'],
    ] as const) {
      if (allowance === undefined) continue;
      policies.push(`"${name}";q=${allowance.perSecond};w=1${unit}`);
      left.push(`"${name}";r=${allowance.left(now)};t=${allowance.secondsToFull(now)}`);
    }
    response.setHeader('RateLimit-Policy', policies.join(', '));
    response.setHeader('RateLimit', left.join(', '));
    if (isOver !== undefined) throw this.#refusal(token.name, isOver, isOver === 'bytes' ? bytes : requests, now);
    if (bytes !== undefined) this.#countBytes(account, bytes, response);
  }

  #refusal(name: string, limit: 'requests' | 'bytes', allowance: Allowance | undefined, now: number): Problem {
    this.#refused.inc({ token: name, limit });
    const seconds = allowance?.secondsToNext(now) ?? 1;
    const message = `The token "${name}" has a limit of ${allowance?.perSecond} ${limit} a second. Try again in ${seconds} s.`;
    return new Problem('rate-limited', message, { headers: { 'Retry-After': String(seconds) } });
  }

  #accountOf(name: string, rates: Rates): Account {
    const known = this.#accounts.get(name);
    if (known?.rates.requests === rates.requests && known.rates.bytes === rates.bytes) return known;
    const now = this.#options.clock.now();
    const allowanceOf = (perSecond: number) => (perSecond === 0 ? undefined : new Allowance(perSecond, now));
    const account: Account = {
      rates,
      ...{ requests: allowanceOf(rates.requests), bytes: allowanceOf(rates.bytes) },
      ...{ transfers: new Set(), countedAt: now },
    };
    this.#accounts.set(name, account);
    // From the start: what is not there has no rate.
    if (rates.requests > 0) this.#refused.inc({ token: name, limit: 'requests' }, 0);
    if (rates.bytes > 0) this.#refused.inc({ token: name, limit: 'bytes' }, 0);
    return account;
  }

  #countBytes({ transfers }: Account, bytes: Allowance, response: ServerResponse): void {
    // Nothing of it is sent, and no event comes any more.
    if (response.destroyed) return;
    const transfer = new Transfer(response, (count, isOver) => {
      bytes.spend(count, this.#options.clock.now());
      if (isOver) transfers.delete(transfer);
    });
    transfers.add(transfer);
  }

  /** What is on its way for long, such as watches, counts while it is. */
  #countPassed(account: Account, now: number): void {
    const { bytes, transfers } = account;
    if (bytes === undefined || transfers.size === 0 || now - account.countedAt < countInterval) return;
    account.countedAt = now;
    let passed = 0;
    for (const transfer of transfers) passed += transfer.take();
    bytes.spend(passed, now);
  }
}
