/** GET /search?prefix= or ?suffix= on its shortest way, when few keys match. */
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { jsonAnswer } from './answer.ts';
import { type HotRead, plainText } from './hot-reads.ts';

/** Characters of an answer; a longer one is streamed by the route, in slices that let others have their turn. */
const maxLength = 16_384;
/** Keys that are looked at: half a millisecond. */
const maxKeys = 1000;

export function hotSearch(store: Store, by: 'prefix' | 'suffix'): HotRead {
  const start = `/search?${by}=`;
  return {
    template: '/search',
    by,
    plain: (url) => plainText(url, start, maxKeyBytes),
    answer(text) {
      // No snapshot: what is read within one turn of the event loop is one state.
      const keys = store.few(by, text, maxKeys);
      const list = keys === undefined ? undefined : JSON.stringify(keys);
      return list === undefined || list.length > maxLength ? undefined : jsonAnswer(list);
    },
  };
}
