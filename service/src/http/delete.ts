/** DELETE /get/{key} and POST /delete: one key, or many, all or none. */
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';
import { parseKey } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { parseCondition } from './conditions.ts';
import { writtenTag } from './entity-tag.ts';
import { keyOf } from './get.ts';

/** 204 whether or not the key was there: afterwards it is gone. */
export function deleteValue(store: Store): Middleware {
  return async (ctx) => {
    const key = keyOf(ctx.req.url);
    await store.delete([key], parseCondition(ctx.req, 1));
    ctx.status = 204;
  };
}

export function deleteKeys(store: Store): Middleware {
  return async (ctx) => {
    const keys = parseKeys(ctx.request.rawBody);
    const deletion = await store.delete(keys, parseCondition(ctx.req, keys.length));
    ctx.status = 200;
    ctx.set('ETag', writtenTag(deletion));
    ctx.body = { deleted: deletion.deleted };
  };
}

/** Throws Problem `invalid-body` or `invalid-key`. */
function parseKeys(text: string): string[] {
  let keys: unknown;
  try {
    keys = JSON.parse(text);
  } catch (cause) {
    throw new Problem('invalid-body', 'The body is not JSON.', { cause });
  }
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Problem('invalid-body', 'The body is an array of at least one key, ["key", …].');
  }
  return keys.map((key: unknown, i) => {
    if (typeof key !== 'string') throw new Problem('invalid-body', `A key is a string; item ${i} is not.`);
    return parseKey(key);
  });
}
