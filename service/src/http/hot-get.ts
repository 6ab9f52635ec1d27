/** GET /get/{key} on its shortest way. */
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { jsonAnswer, problemAnswer } from './answer.ts';
import { versionTag } from './entity-tag.ts';
import { noSuchKey } from './get.ts';
import { type HotRead, plainText } from './hot-reads.ts';

export function hotGet(store: Store): HotRead {
  // Where the store is a cache it is asked for often, and the route takes four times as long.
  const missing = problemAnswer(noSuchKey());
  return {
    template: '/get/{key}',
    by: 'key',
    plain: (url) => plainText(url, '/get/', maxKeyBytes),
    answer(key) {
      const entry = store.get(key);
      return entry === undefined ? missing : jsonAnswer(entry.value, versionTag(store.timeline(), entry.version));
    },
  };
}
