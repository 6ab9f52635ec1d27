/** A client that reads and writes a little all the time, and counts what fails. */
import { setTimeout } from 'node:timers/promises';
import { type Door, send } from '../../e2e/support/client.ts';

/** Milliseconds between two requests. */
const pause = 200;

export interface SteadyClient {
  /** Requests so far, and how many ended with a 5xx or without an answer. */
  count(): Counted;
  stop(): Promise<Counted>;
}

export interface Counted {
  readonly requests: number;
  readonly failed: number;
}

export function startSteadyClient(store: Door, headers: Readonly<Record<string, string>> = {}): SteadyClient {
  let requests = 0;
  let failed = 0;
  let running = true;
  const ask = (n: number) =>
    n % 2 === 0
      ? send(store, 'GET', '/get/steady', undefined, headers)
      : send(store, 'POST', '/set', JSON.stringify({ steady: n }), headers);
  const work = async () => {
    for (let n = 1; running; n++) {
      const isDone = await ask(n).then(
        ({ status }) => status < 500,
        () => false,
      );
      requests++;
      if (!isDone) failed++;
      await setTimeout(pause);
    }
  };
  const done = work();
  return {
    count: () => ({ requests, failed }),
    async stop() {
      running = false;
      await done;
      return { requests, failed };
    },
  };
}
