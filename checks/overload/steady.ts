/** Requests one interval after the other, whatever became of those before: an ordinary client, a prober. */
import type { Agent } from 'node:http';
import { type Address, type Exchange, exchange, type Request } from './exchange.ts';

export class Steady implements AsyncDisposable {
  /** In the order of their ends. */
  readonly exchanges: Exchange[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();

  constructor(address: Address, requests: readonly Request[], interval: number, agent: Agent | false) {
    let next = 0;
    this.#timer = setInterval(() => {
      const request = requests[next++ % requests.length];
      if (request === undefined) return;
      const done = exchange(address, request, agent).then((one) => {
        this.exchanges.push(one);
        this.#open.delete(done);
      });
      this.#open.add(done);
    }, interval);
  }

  /** What was sent from `start` on, before `end`. */
  between(start: number, end: number): Exchange[] {
    return this.exchanges.filter(({ sent }) => sent >= start && sent < end);
  }

  /** Resolves when the last answer is there. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }
}
