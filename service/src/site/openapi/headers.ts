/** What an answer says besides its body. */
import type { Part } from './schemas.ts';

export const header = (name: keyof typeof headers): Part => ({ $ref: `#/components/headers/${name}` });

/** `<timeline>-<revision>` in quotes, with what entity-tag.ts puts behind it. */
const tag = (rest: string) => ({ type: 'string', pattern: `^"[0-9a-z]{8}-[0-9]+${rest}"$` });

export const headers = {
  keyVersion: {
    description: "The version of the key's value: the store's timeline and the revision that wrote it.",
    required: true,
    schema: tag(''),
  },
  written: {
    description:
      'The version that the write has put; with `~` when another write of the same revision replaced some of it.',
    required: true,
    schema: tag('(~[0-9]+)?'),
  },
  state: {
    description: 'The state of the store that the answer shows. Without its quotes it is a Last-Event-ID for /watch.',
    required: true,
    schema: tag('(\\+[0-9]+)?(-lines)?(-gzip|-zstd)?'),
  },
  next: {
    description: 'RFC 8288: `<target>; rel="next"`, the same query for the page that follows; absent on the last.',
    schema: { type: 'string', pattern: '^</[^>]*>; rel="next"$' },
  },
  age: {
    description: 'With `consistency=stale` over etcd: seconds for which the replica may have missed changes.',
    schema: { type: 'integer', minimum: 0 },
  },
  heartbeat: {
    description: 'Seconds between signs of life: a stream that is silent for three times as long is dead.',
    required: true,
    schema: { type: 'number', minimum: 0 },
  },
  retryAfter: { description: 'Seconds to wait before asking again.', schema: { type: 'integer', minimum: 0 } },
  ratePolicy: {
    description:
      'The limits of the token, each a second: draft-ietf-httpapi-ratelimit-headers. On every answer to such a token.',
    schema: { type: 'string', examples: ['"requests";q=100;w=1, "bytes";q=1048576;w=1;qu="content-bytes"'] },
  },
  rate: {
    description: 'What is left of them (`r`), and the seconds until all is left again (`t`).',
    schema: { type: 'string', examples: ['"requests";r=99;t=1, "bytes";r=1048576;t=1'] },
  },
  challenge: {
    description: 'RFC 6750.',
    required: true,
    schema: { type: 'string', pattern: '^Bearer realm="kvstore"' },
  },
} as const satisfies Record<string, Part>;
