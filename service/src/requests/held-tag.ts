/** If-None-Match of a read (RFC 9110, 13.1.2): which answer the client has already. */
import type { IncomingHttpHeaders } from 'node:http';
import fresh from 'fresh';
import { codingOf, takesCoding } from '../answers/codings.ts';
import { codingsIn, type Form, tagOf } from '../answers/entity-tag.ts';

/**
 * From the current entity tag, which is that of the answer without a content coding, to the one that the client has: the
 * request names it, it shows the same, and the request accepts its coding. Undefined: the client has no such answer.
 */
export type HeldTag = (etag: string) => string | undefined;

/** Undefined: the request has no such condition. */
export function heldTag(headers: IncomingHttpHeaders): HeldTag | undefined {
  const { 'if-none-match': tags } = headers;
  if (tags === undefined) return undefined;
  const forms = formsIn(tags, headers['accept-encoding']);
  const isOne = oneTag.test(tags);
  return (etag) => {
    for (const form of forms) {
      const tag = tagOf(etag, form);
      // What most clients send needs no list: it takes half of a microsecond.
      if (isOne ? tag === tags : isNamed(tags, tag)) return tag;
    }
    return undefined;
  };
}

/** Whether the client has the answer with this tag already. */
export function isHeld({ 'if-none-match': tags }: IncomingHttpHeaders, tag: string): boolean {
  return tags !== undefined && isNamed(tags, tag);
}

/**
 * Without Cache-Control: fetch() adds no-cache to each request that has a condition of its own. It is for caches on the
 * way, and this is where they are to ask (RFC 9111, 5.2.1.4).
 */
function isNamed(tags: string, tag: string): boolean {
  return fresh({ 'if-none-match': tags }, { etag: tag });
}

/** A single strong one: it is the same or it is not. */
const oneTag = /^"[^",]*"$/;

/**
 * The forms of an answer that a client with these tags may have and accepts, the one that it asks for first. A cache names
 * what other clients asked for: one that accepts no gzip must not be given it. No coding at all is always accepted, since the
 * service answers so when it has no memory to compress.
 */
function formsIn(tags: string, accepted: string | undefined): readonly Form[] {
  // Most have none.
  if (!coded.test(tags)) return plain;
  const named = codingsIn(tags);
  const first = codingOf(accepted);
  const codings = new Set(named.filter((coding) => takesCoding(accepted, coding)));
  const others = [...codings].filter((coding) => coding !== first);
  const forms: Form[] = first !== undefined && codings.has(first) ? [`-${first}`, ''] : [''];
  return [...forms, ...others.map((coding): Form => `-${coding}`)];
}

const plain: readonly Form[] = [''];
const coded = /-(?:gzip|zstd)"/;
