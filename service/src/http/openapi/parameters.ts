/** What a request can say besides its body. Limits are the constants that the parsers check. */
import { consistencies, maxLimit } from '../query.ts';
import { type Part, schema } from './schemas.ts';

export const parameter = (name: keyof typeof parameters): Part => ({ $ref: `#/components/parameters/${name}` });

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
  limit: {
    name: 'limit',
    in: 'query',
    description: 'Keys in a page; without it there is no limit. While more follow, the answer has a Link to the next.',
    schema: { type: 'integer', minimum: 1, maximum: maxLimit },
    example: 100,
  },
  after: {
    name: 'after',
    in: 'query',
    description: 'Only keys behind this one, which need not exist.',
    schema: schema('Key'),
    example: 'abc-1',
  },
  consistency: {
    name: 'consistency',
    in: 'query',
    description: '`stale`: answered at once from what the replica has, even while the store cannot be reached.',
    schema: { type: 'string', enum: consistencies, default: consistencies[0] },
  },
  ifNoneMatchRead: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETags; when one of them is the present one the answer is a 304.',
    schema: { type: 'string' },
    example: '"7"',
  },
} as const satisfies Record<string, Part>;
