/** What every replica holds in the end, as reads of every register; at one revision all replicas hold the same. */
import { waitFor } from '../../test-support/wait-for.ts';
import type { Target } from '../linearizable/clients/call.ts';
import type { Operation } from '../linearizable/history/operation.ts';
import { gone, keysOf, labelOfAll } from '../linearizable/history/registers.ts';
import { mayExpire, readView, type View } from '../linearizable/mirror/view.ts';
import { firstValue } from './expiring/history.ts';

export interface LastReads {
  readonly reads: readonly Operation[];
  /** A text each. */
  readonly differences: readonly string[];
}

interface Reading {
  readonly view: View;
  readonly start: number;
  readonly end: number;
}

/** Milliseconds until replicas show one revision: the last writes are done then, and what expires is deleted. */
const within = 60_000;

/**
 * Reads all pairs of each replica. Clients have stopped, but a write whose outcome is unknown may be done late, and
 * deletions of what expired follow: replicas are compared as soon as all show the same revision.
 */
export async function readEverything(replicas: readonly Target[], history: readonly Operation[]): Promise<LastReads> {
  const readings = await waitFor(
    'all replicas show one revision',
    async () => {
      const all: Reading[] = [];
      for (const replica of replicas) all.push(await readAll(replica));
      const [first] = all;
      return all.every(({ view }) => view.revision === first?.view.revision) ? all : undefined;
    },
    { timeout: within },
  );
  const differences: string[] = [];
  const [first] = readings;
  const expected = first === undefined ? new Map<string, string>() : lasting(first.view);
  for (const [client, { view }] of readings.entries()) {
    const actual = lasting(view);
    for (const key of new Set([...expected.keys(), ...actual.keys()])) {
      const [a, b] = [expected.get(key), actual.get(key)];
      if (a === b) continue;
      differences.push(`replica ${client} (${view.tag}) has ${key}: ${b}, the first (${first?.view.tag}) ${a}`);
    }
  }
  const registers = new Set(history.filter(({ kind }) => kind === 'write').map(({ register }) => register));
  const deleted = new Set(history.filter(({ value }) => value === gone).map(({ register }) => register));
  const reads = readings.flatMap(({ view, start, end }, client) =>
    [...registers].map((register): Operation => {
      const found = labelOfAll(keysOf(register).map((key) => view.pairs.get(key)?.value));
      const value = found === undefined && deleted.has(register) ? gone : found;
      return { client, kind: 'read', register, value, start, end };
    }),
  );
  return { reads, differences };
}

async function readAll({ url }: Target): Promise<Reading> {
  const start = performance.now();
  const view = await readView(url, '', 'object');
  if (view === undefined) throw new Error(`Reading everything from ${url} was refused`);
  return { view, start, end: performance.now() };
}

/** What has no time to live: of the keys that may expire, those that were set a second time. */
function lasting({ pairs }: View): Map<string, string> {
  const all = [...pairs].map(([key, { value }]) => [key, value] as const);
  return new Map(
    all.filter(([key, value]) => !mayExpire(key) || (key.startsWith('expiring-') && value !== firstValue(key))),
  );
}
