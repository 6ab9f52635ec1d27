/** One real service for all tests of a file, which run one after the other; each begins with an empty store. */
import type { TestFn } from 'ava';
import { startService } from '../../../test-support/service-process/launch.ts';
import { type Owner, temporaryFolder } from '../../../test-support/temporary-folder.ts';

export interface Store {
  /** Known once the tests run. */
  url: string;
}

export function oneStore(test: TestFn): Store {
  const store: Store = { url: '' };
  const ends: (() => unknown)[] = [];
  // It lives as long as the file, not as long as a test.
  const file: Owner = { teardown: (end) => void ends.unshift(end) };
  test.before(async () => {
    store.url = (await startService(file, { env: { KV_DATA_DIR: temporaryFolder(file) } })).url;
  });
  test.beforeEach(async () => {
    const pairs = (await (await fetch(store.url)).json()) as object;
    const body = JSON.stringify(Object.keys(pairs));
    if (body === '[]') return;
    const { ok, status } = await fetch(`${store.url}/delete`, { method: 'POST', body });
    if (!ok) throw new Error(`the store could not be emptied: ${status}`);
  });
  test.after.always(async () => {
    for (const end of ends) await end();
  });
  return store;
}
