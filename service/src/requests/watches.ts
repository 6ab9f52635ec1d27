/** A watch as a typed request. */
import { Problem } from '@kvstore/core/problem.ts';
import { type Position, parsePosition } from '../answers/entity-tag.ts';
import type { Token } from '../auth/tokens.ts';
import { parseQuery, parseStale, single } from './query.ts';
import type { RawRequest } from './raw-request.ts';

export interface WatchRequest {
  readonly filter: { readonly prefix: string; readonly suffix: string };
  /** True: from the index as it is, without waiting for it to be fresh. */
  readonly stale: boolean;
  /** Behind which event it goes on; undefined: from now on. */
  readonly resumed: Position | undefined;
  readonly token: Token | undefined;
  /** True: the head of the answer alone. */
  readonly isHead: boolean;
}

/** Throws Problem `invalid-query` or `invalid-request`. */
export function parseWatch({ target, headers, token, method }: RawRequest): WatchRequest {
  const query = parseQuery(target.query, ['prefix', 'suffix', 'consistency']);
  const filter = { prefix: single(query, 'prefix') ?? '', suffix: single(query, 'suffix') ?? '' };
  const stale = parseStale(query);
  return { filter, stale, resumed: lastEventId(headers['last-event-id']), token, isHead: method === 'HEAD' };
}

function lastEventId(id: string | string[] = ''): Position | undefined {
  const text = Array.isArray(id) ? id.join() : id;
  if (text === '') return undefined;
  const position = parsePosition(text);
  if (position === undefined)
    throw new Problem('invalid-request', 'Last-Event-ID is the id of an event of this store.');
  return position;
}
