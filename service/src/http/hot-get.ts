/** GET /get/{key} on its shortest way. */
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { jsonAnswer, problemAnswer } from './answer.ts';
import { noSuchKey } from './get.ts';
import { type HotRead, plainText } from './hot-reads.ts';

export function hotGet(store: Store): HotRead {
  // Looked for as often as others, where the store is a cache: an error with its stack takes twice as long as the rest.
  const missing = problemAnswer(noSuchKey());
  return {
    template: '/get/{key}',
    by: 'key',
    plain: (url) => plainText(url, '/get/', maxKeyBytes),
    answer(key) {
      const entry = store.get(key);
      return entry === undefined ? missing : jsonAnswer(entry.value, `"${entry.version}"`);
    },
  };
}
