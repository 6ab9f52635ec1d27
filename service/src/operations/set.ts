/** POST /set: writes pairs, all or none. */
import { jsonAnswer, type TextAnswer } from '../answers/answer.ts';
import { writtenTag } from '../answers/entity-tag.ts';
import type { SetRequest } from '../requests/writes.ts';
import type { Store } from '../store/store.ts';

/** Rejects with the Problems of Store.set. */
export type SetPairs = (request: SetRequest) => Promise<TextAnswer>;

export function setPairs(store: Store): SetPairs {
  return ({ pairs, options, text }) =>
    store.set(pairs, options).then((written) => jsonAnswer(text, writtenTag(written)));
}
