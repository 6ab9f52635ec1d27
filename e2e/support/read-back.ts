/** A client that reads what it has written, again and again, on whichever replica its requests get to. */
import { setTimeout } from 'node:timers/promises';
import { waitFor } from '../../test-support/wait-for.ts';
import { type Door, send } from './client.ts';

export interface ReadBack {
  /** Resolves after that many more sets were acknowledged. Rejects after two minutes. */
  sets(count: number): Promise<void>;
  /** Ends it and returns what came of it. */
  readonly stop: () => Promise<ReadBackReport>;
}

export interface ReadBackReport {
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Reads that showed something else than what was acknowledged last. */
  readonly stale: readonly string[];
  /** Status of every answer that was not 200, or the connection's error, with their count. */
  readonly refused: ReadonlyMap<string, number>;
  /** For the log. */
  readonly summary: string;
}

/** Many more reads than sets: that is what leases are taken for. */
const readsOfEach = 40;

/** Sets one key to 0, 1, 2 … beside a key of its own for each, and reads the one after each set. At most 10 sets a second. */
export function startReadBack(store: Door, prefix: string): ReadBack {
  const acknowledged = new Map<string, string>();
  const refused = new Map<string, number>();
  const stale: string[] = [];
  let reads = 0;
  let longestGap = 0;
  let running = true;
  // Another key after a set without an answer: etcd may carry that one out later.
  let unanswered = 0;
  const ask = async (method: string, path: string, body?: string): Promise<string | undefined> => {
    const what = await send(store, method, path, body).then(
      (answer) => (answer.status === 200 ? answer : `${method} ${answer.status}`),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (typeof what !== 'string') return what.body;
    refused.set(what, (refused.get(what) ?? 0) + 1);
    return undefined;
  };
  const readBack = async (probe: string, wanted: number) => {
    const found = await ask('GET', `/get/${probe}`);
    if (found === undefined) return;
    reads++;
    if (Number(found) !== wanted) stale.push(`${probe} was ${found} after ${wanted}`);
  };
  const work = async () => {
    let last = performance.now();
    for (let i = 0; running; i++) {
      const next = performance.now() + 100;
      const key = `${prefix}${i}`;
      const probe = `${prefix}probe-${unanswered}`;
      if ((await ask('POST', '/set', JSON.stringify({ [probe]: i, [key]: i }))) !== undefined) {
        acknowledged.set(key, String(i));
        longestGap = Math.max(longestGap, performance.now() - last);
        last = performance.now();
        // Eight at a time, so that Traefik spreads them over the replicas.
        for (let n = 0; n < readsOfEach && running; n += 8) {
          await Promise.all(Array.from({ length: 8 }, () => readBack(probe, i)));
        }
      } else unanswered++;
      await setTimeout(Math.max(0, next - performance.now()));
    }
  };
  const done = work();
  return {
    async sets(count) {
      const wanted = acknowledged.size + count;
      await waitFor(`${wanted} sets are acknowledged`, () => acknowledged.size >= wanted, { timeout: 120_000 });
    },
    async stop() {
      running = false;
      await done;
      const others = [...refused].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none';
      const counts = `${acknowledged.size} sets, ${reads} reads`;
      const summary = `${counts}, longest gap of sets ${Math.round(longestGap)} ms, others: ${others}`;
      return { acknowledged, stale, refused, summary };
    },
  };
}
