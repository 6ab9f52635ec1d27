/** A client that writes large values, such as an import that somebody forgot. */
import { setTimeout } from 'node:timers/promises';
import { type Door, send } from '../../../e2e/support/client.ts';

const value = 'x'.repeat(500_000);
/** Far more than the smallest quota takes. */
const mostWrites = 1000;

export interface Filler {
  stop(): Promise<void>;
}

/** Resolves when the store is full. Then it tries once in two seconds until it is stopped. */
export async function fillUntilFull(store: Door, prefix: string): Promise<Filler> {
  let written = 0;
  const write = async () =>
    (await send(store, 'POST', '/set', JSON.stringify({ [`${prefix}${written++}`]: value }))).status;
  while ((await write()) !== 507) if (written >= mostWrites) throw new Error(`Not full after ${written} writes`);
  let running = true;
  const work = async () => {
    for (; running && written < mostWrites; await setTimeout(2000)) await write().catch(() => undefined);
  };
  const done = work();
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}
