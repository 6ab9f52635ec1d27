/** GET /get/{key} on its shortest way. */
import type { ServerResponse } from 'node:http';
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { type HotRead, plainText, sendJson } from './hot-reads.ts';

export function hotGet(store: Store): HotRead {
  return {
    template: '/get/{key}',
    plain: (url) => plainText(url, '/get/', maxKeyBytes),
    answer(key: string, response: ServerResponse) {
      const entry = store.get(key);
      if (entry === undefined) return false;
      sendJson(response, entry.value, `"${entry.version}"`);
      return true;
    },
  };
}
