/** What every replica holds in the end, as reads of every register; all replicas hold the same. */
import type { Target } from '../linearizable/call.ts';
import type { Operation } from '../linearizable/operation.ts';
import { gone, keysOf, labelOfAll } from '../linearizable/registers.ts';
import { expiringPair } from './expiring/history.ts';

export interface LastReads {
  readonly reads: readonly Operation[];
  readonly differences: readonly string[];
}

/** Reads all pairs of each replica. Nobody writes meanwhile. */
export async function readEverything(replicas: readonly Target[], history: readonly Operation[]): Promise<LastReads> {
  const registers = new Set(history.filter(({ kind }) => kind === 'write').map(({ register }) => register));
  const deleted = new Set(history.filter(({ value }) => value === gone).map(({ register }) => register));
  const reads: Operation[] = [];
  const differences: string[] = [];
  let before: string | undefined;
  for (const [client, { url }] of replicas.entries()) {
    const start = performance.now();
    const response = await fetch(`${url}/`);
    const text = withoutExpiring(await response.text());
    if (!response.ok) throw new Error(`Reading everything from ${url}: ${response.status} ${text}`);
    const end = performance.now();
    if (before !== undefined && before !== text) differences.push(`replica ${client} differs from the one before it`);
    before = text;
    const pairs = JSON.parse(text) as Readonly<Record<string, unknown>>;
    for (const register of registers) {
      const found = labelOfAll(keysOf(register).map((key) => JSON.stringify(pairs[key])));
      const value = found === undefined && deleted.has(register) ? gone : found;
      reads.push({ client, kind: 'read', register, value, start, end });
    }
  }
  return { reads, differences };
}

/** Of a dump: what has a time to live may go between the reads of two replicas. Its keys come first. */
function withoutExpiring(text: string): string {
  return text.replaceAll(expiringPair, '');
}
