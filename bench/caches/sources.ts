/** What the answer cache is filled from where no service runs: answers as the workloads get them. */
import { jsonAnswer } from '../../service/src/answers/answer.ts';
import type { Source } from '../../service/src/caches/answer-cache.ts';
import type { Store } from '../../service/src/store/store.ts';
import { groupSize, keyOf } from '../speed/data.ts';
import { value } from './workloads.ts';

export const keys: Source = { by: 'key', answer: () => jsonAnswer(value, '"0123456789abcdef.1234567"') };

export const prefixes: Source = {
  by: 'prefix',
  answer: (prefix) => {
    const found = Array.from({ length: groupSize }, (_, i) => `${prefix}${i}`.padEnd(keyOf(0).length, 't'));
    return jsonAnswer(JSON.stringify(found));
  },
};

/** A store in which nothing happens; `more`: what it does besides. */
export function silentStore(more: object = {}): Store {
  return { listen() {}, lastExpired: () => undefined, revision: () => 1, ...more } as unknown as Store;
}
