/** Clients that mean well: each sends one request after the other, over a connection that it keeps. */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { exchange, type Request } from '../overload/exchange.ts';

/** Milliseconds that a client waits when it was refused. */
const refusedPause = 20;

export class Bystander implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #working: Promise<unknown>;
  #ended = false;
  #answered = 0;
  #refused = 0;

  /** @param clients at once */
  constructor(port: number, request: Request, clients: number) {
    const work = async () => {
      while (!this.#ended) {
        const { outcome } = await exchange(port, request, this.#agent);
        if (outcome === 200) this.#answered++;
        else {
          this.#refused++;
          await pause(refusedPause);
        }
      }
    };
    this.#working = Promise.all(Array.from({ length: clients }, work));
  }

  /** Requests that were answered with 200 so far. */
  get answered(): number {
    return this.#answered;
  }

  /** And with anything else. */
  get refused(): number {
    return this.#refused;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#working;
    this.#agent.destroy();
  }
}
