/** GET /get/{key} on its shortest way. */
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { jsonAnswer } from './answer.ts';
import { type HotRead, plainText } from './hot-reads.ts';

export function hotGet(store: Store): HotRead {
  return {
    template: '/get/{key}',
    by: 'key',
    plain: (url) => plainText(url, '/get/', maxKeyBytes),
    answer(key) {
      const entry = store.get(key);
      return entry === undefined ? undefined : jsonAnswer(entry.value, `"${entry.version}"`);
    },
  };
}
