/** GET /search?prefix= or ?suffix= on its shortest way, when few keys match. */
import type { ServerResponse } from 'node:http';
import { maxKeyBytes } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { type HotRead, plainText, sendJson } from './hot-reads.ts';

/** Characters of an answer; a longer one is streamed by the route, in slices that let others have their turn. */
const maxLength = 16_384;
/** Keys that are looked at: a tenth of a millisecond. */
const maxKeys = 256;

export function hotSearch(store: Store, by: 'prefix' | 'suffix'): HotRead {
  const start = `/search?${by}=`;
  return {
    template: '/search',
    plain: (url) => plainText(url, start, maxKeyBytes),
    answer(text: string, response: ServerResponse) {
      // No snapshot: what is read within one turn of the event loop is one state.
      const keys = store.few(by, text, maxKeys);
      const list = keys === undefined ? undefined : JSON.stringify(keys);
      if (list === undefined || list.length > maxLength) return false;
      sendJson(response, list);
      return true;
    },
  };
}
