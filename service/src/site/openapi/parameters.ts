/** What a request can say besides its body. Limits are the constants that the parsers check. */
import { maxTtl } from '@kvstore/core/limits.ts';
import { consistencies, maxDelimiter, maxLimit, maxWaitSeconds } from '../../requests/query.ts';
import { type Part, schema } from './schemas.ts';

export const parameter = (name: keyof typeof parameters): Part => ({ $ref: `#/components/parameters/${name}` });

/** RFC 9110, 8.8.3. The service hands out strong ones; a weak one is no fault, and matches nothing. */
const entityTag = { type: 'string', pattern: '^([*]|(W/)?"[!#-~]*")$' };

export const parameters = {
  key: {
    name: 'key',
    in: 'path',
    required: true,
    description: 'The rest of the path, percent-decoded once. A slash may be written as it is or as `%2F`.',
    schema: schema('Key'),
    example: 'xyz-1',
  },
  prefix: {
    name: 'prefix',
    in: 'query',
    description: 'Only keys that begin with it.',
    schema: { type: 'string' },
    example: 'abc',
  },
  suffix: {
    name: 'suffix',
    in: 'query',
    description: 'Only keys that end with it.',
    schema: { type: 'string' },
    example: '-1',
  },
  contains: {
    name: 'contains',
    in: 'query',
    description:
      'Only keys that have it anywhere. Every key of the other conditions is looked at: the largest of all reads.',
    schema: { type: 'string' },
    example: 'bc-',
  },
  delimiter: {
    name: 'delimiter',
    in: 'query',
    description:
      'Keys that go on behind it are folded into `prefixes`: each is the beginning of keys up to the first delimiter behind ' +
      '`prefix`, and comes once.',
    schema: { type: 'string', minLength: 1, maxLength: maxDelimiter },
    example: '-',
  },
  reverse: {
    name: 'reverse',
    in: 'query',
    description: 'True: from the last key to the first; `after` gives keys before the given one then.',
    schema: { type: 'boolean', default: false },
    example: true,
  },
  limit: {
    name: 'limit',
    in: 'query',
    description:
      'Keys in a page, folded prefixes included; without it there is no limit. While more follow, the answer has a Link to ' +
      'the next.',
    schema: { type: 'integer', minimum: 1, maximum: maxLimit },
    example: 100,
  },
  after: {
    name: 'after',
    in: 'query',
    description: 'Only keys and folded prefixes behind this one, which need not exist.',
    schema: schema('Key'),
    example: 'abc-1',
  },
  values: {
    name: 'values',
    in: 'query',
    description: 'True: the pairs instead of the keys.',
    schema: { type: 'boolean', default: false },
    example: true,
  },
  count: {
    name: 'count',
    in: 'query',
    description:
      'True: `{"count":n}` alone, how many keys and folded prefixes hold; without `limit` and `values`. With lines (`/`): ends them with it, ' +
      'which proves that none of the n before it is missing.',
    schema: { type: 'boolean', default: false },
    example: true,
  },
  consistency: {
    name: 'consistency',
    in: 'query',
    description: '`stale`: answered at once from what the replica has, even while the store cannot be reached.',
    schema: { type: 'string', enum: consistencies, default: consistencies[0] },
  },
  wait: {
    name: 'wait',
    in: 'query',
    description:
      'Seconds to wait for a change of the key while the answer would be a 304, or a 404 to a request without `If-None-Match`.',
    schema: { type: 'integer', minimum: 0, maximum: maxWaitSeconds, default: 0 },
    example: 30,
  },
  ttl: {
    name: 'ttl',
    in: 'query',
    description: 'Seconds after which the pairs are gone. Without it they stay, also those that had a time before.',
    schema: { type: 'integer', minimum: 1, maximum: maxTtl },
    example: 3600,
  },
  ifNoneMatchRead: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETags; when one of them is the present one the answer is a 304.',
    schema: { type: 'string' },
    example: '"k3f9a2xq-7"',
  },
  ifMatchRead: {
    name: 'If-Match',
    in: 'header',
    description: 'ETags; when none of them is the present one the answer is a 412.',
    schema: { type: 'string' },
    example: '"k3f9a2xq-7"',
  },
  ifNoneMatchWrite: {
    name: 'If-None-Match',
    in: 'header',
    description: 'Writes only when none of the keys exists.',
    schema: { type: 'string', enum: ['*'] },
    example: '*',
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'Of a request for one key: writes only when it has this ETag; `*`: when it exists.',
    schema: entityTag,
    example: '"k3f9a2xq-7"',
  },
  lastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description:
      'The id of the last event that was seen, or the ETag of `/` or `/search` without its quotes: goes on behind it. ' +
      'Without it: from now on.',
    schema: { type: 'string', pattern: '^[0-9a-z]{8}-[0-9]{1,15}([.~+][0-9]{1,15})?(-lines)?(-gzip|-zstd)?$' },
    example: 'k3f9a2xq-7',
  },
} as const satisfies Record<string, Part>;
