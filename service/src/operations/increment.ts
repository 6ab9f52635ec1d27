/** POST /increment: adds to integers, all or none. */
import { jsonAnswer, type TextAnswer } from '../answers/answer.ts';
import { writtenTag } from '../answers/entity-tag.ts';
import { pairText } from '../answers/pairs.ts';
import type { IncrementRequest } from '../requests/transactions.ts';
import type { Store } from '../store/store.ts';

/** Rejects with the Problems of Store.increment. */
export type IncrementValues = (request: IncrementRequest) => Promise<TextAnswer>;

export function incrementValues(store: Store): IncrementValues {
  return async ({ amounts }) => {
    const done = await store.increment(amounts);
    // Not by JSON.stringify: a number of JavaScript is exact up to 2^53 alone.
    const pairs = [...done.sums].map(([key, sum]) => pairText({ key, value: String(sum) }));
    return jsonAnswer(`{${pairs.join(',')}}`, writtenTag(done));
  };
}
