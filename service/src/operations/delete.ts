/** DELETE /get/{key} and POST /delete: one key, or many, all or none. */
import { emptyAnswer, jsonAnswer, type TextAnswer } from '../answers/answer.ts';
import { writtenTag } from '../answers/entity-tag.ts';
import type { DeleteRequest } from '../requests/writes.ts';
import type { Store } from '../store/store.ts';

/** Rejects with the Problems of Store.delete. */
export type Delete = (request: DeleteRequest) => Promise<TextAnswer>;

/** 204 whether or not the key was there: afterwards it is gone. */
export function deleteValue(store: Store): Delete {
  return async ({ keys, condition }) => {
    await store.delete(keys, condition);
    return emptyAnswer(204);
  };
}

export function deleteKeys(store: Store): Delete {
  return async ({ keys, condition }) => {
    const deletion = await store.delete(keys, condition);
    return jsonAnswer(JSON.stringify({ deleted: deletion.deleted }), writtenTag(deletion));
  };
}
