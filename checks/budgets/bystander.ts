/**
 * Clients that mean well: each sends one request after the other, over a connection that it keeps, with some time between
 * them. So their rate says how long each waited, and they do not fill the service by themselves.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Address, exchange, type Request } from '../overload/exchange.ts';

/** Milliseconds between two requests. */
const between = 10;

export class Bystander implements AsyncDisposable {
  /** What came of requests that were neither answered with 200 nor with 503 and Retry-After. */
  readonly unexpected: (number | string)[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #working: Promise<unknown>;
  #ended = false;
  #answered = 0;

  /**
   * @param next the request to send
   * @param clients at once
   * @param onAnswer is called with each request that was answered with 200
   */
  constructor(address: Address, next: () => Request, clients: number, onAnswer?: (request: Request) => void) {
    const work = async () => {
      while (!this.#ended) {
        const request = next();
        const { outcome, retryAfter } = await exchange(address, request, this.#agent);
        if (outcome === 200) {
          this.#answered++;
          onAnswer?.(request);
        } else if (outcome !== 503 || !retryAfter) this.unexpected.push(outcome);
        await pause(between);
      }
    };
    this.#working = Promise.all(Array.from({ length: clients }, work));
  }

  /** Requests that were answered with 200 so far. */
  get answered(): number {
    return this.#answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#working;
    this.#agent.destroy();
  }
}
