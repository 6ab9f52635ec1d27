/** Costly requests at a fixed rate, whether they are answered or not. */
import { type Door, send } from '../../../e2e/support/client.ts';
import { filling } from '../../overload/requests.ts';
import type { Ongoing } from '../scenario.ts';

/** Each asks for another number of pairs: an answer that was asked for before may come from a cache. */
const searchOf = (n: number) => `/search?prefix=key-0&suffix=7&values=true&limit=${500 + (n % 500)}`;
/** Requests that may be open at once: a client that gives up keeps none of them. */
const mostOpen = 60;

/** @param rate requests a second */
export async function startOverload(store: Door, rate: number): Promise<Ongoing> {
  for (const { path, body } of filling) {
    const { status } = await send(store, 'POST', path, body);
    if (status !== 200) throw new Error(`Filling the store was answered with ${status}`);
  }
  const open = new Set<Promise<unknown>>();
  let sent = 0;
  const timer = setInterval(() => {
    if (open.size >= mostOpen) return;
    const request = send(store, 'GET', searchOf(sent++)).catch(() => undefined);
    open.add(request);
    void request.then(() => open.delete(request));
  }, 1000 / rate);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}
