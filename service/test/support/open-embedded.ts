/** An embedded store of the test's own, without a service around it. */
import type { ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import type { Clock } from '../../src/store/clock.ts';
import { commitMetrics } from '../../src/store/embedded/commit-metrics.ts';
import { EmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { storeMetrics } from '../../src/store/store-metrics.ts';

/** Closed with the test. */
export async function openEmbedded(t: ExecutionContext, clock?: Clock): Promise<EmbeddedStore> {
  const registry = new Registry();
  const metrics = { ...storeMetrics(registry), ...commitMetrics(registry) };
  const directory = temporaryFolder(t);
  const store = new EmbeddedStore({ directory, metrics, ...(clock === undefined ? {} : { clock }) });
  t.teardown(() => store.close());
  return store;
}

/** Calls `check` in every turn of the event loop until the work is done, and once more. */
export async function during(work: Promise<unknown>, check: () => void): Promise<void> {
  let ended = false;
  const done = work.finally(() => {
    ended = true;
  });
  while (!ended) {
    check();
    await new Promise(setImmediate);
  }
  await done;
  check();
}
