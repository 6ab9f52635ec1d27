/**
 * Clients that mean well: each sends one request after the other, over a connection that it keeps, with some time between
 * them. So their rate says how long each waited, and they do not fill the service by themselves.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { exchange, type Request } from '../overload/exchange.ts';

/** Milliseconds between two requests. */
const between = 10;

export class Bystander implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #working: Promise<unknown>;
  #ended = false;
  #answered = 0;

  /** @param clients at once */
  constructor(port: number, request: Request, clients: number) {
    const work = async () => {
      while (!this.#ended) {
        const { outcome } = await exchange(port, request, this.#agent);
        if (outcome === 200) this.#answered++;
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
