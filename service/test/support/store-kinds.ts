/** The kinds of store that the HTTP contract holds for; a kind more is an entry more in the list. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { EmbeddedStore } from '../../src/store/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { storeMetrics } from '../../src/store/store-metrics.ts';

export interface StoreParts {
  readonly registry: Registry;
  readonly log: Logger;
}

export interface StoreKind {
  readonly name: string;
  /** Pairs that one set may have; undefined: as many as a body holds. */
  readonly maxPairs: number | undefined;
  /** Bytes of pairs that one set may have; undefined: as many as a body holds. */
  readonly maxSetBytes: number | undefined;
  /** Opens an empty store. What it needs is removed at the test's end, after the store was closed. */
  open(t: ExecutionContext, parts: StoreParts): Promise<Store>;
}

const embedded: StoreKind = {
  name: 'embedded',
  maxPairs: undefined,
  maxSetBytes: undefined,
  async open(t, { registry }) {
    const directory = await temporaryFolder(t);
    return new EmbeddedStore({ directory, metrics: storeMetrics(registry) });
  },
};

export const storeKinds: readonly StoreKind[] = [embedded];

/** A folder of the test's own; removed when the test ends, after everything that was made later. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Registers a test once for each kind of store. */
export function contractTest(title: string, run: (t: ExecutionContext, kind: StoreKind) => Promise<void>): void {
  for (const kind of storeKinds) test(`${kind.name}: ${title}`, (t) => run(t, kind));
}
