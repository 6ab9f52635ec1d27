/** The shapes of what goes in and out, as JSON Schema (2020-12, which OpenAPI 3.1 uses). */
import { maxKeyBytes } from '@kvstore/core/key.ts';
import { maxTtl } from '@kvstore/core/limits.ts';
import { problems } from '@kvstore/core/problem.ts';
import { maxLimit } from '../../requests/query.ts';
import { maxConditions } from '../../requests/transactions.ts';

/** A part of the document. It is written, never read, so its shape is left to the document's own schema (a test). */
export type Part = Readonly<Record<string, unknown>>;

/** Names a component. */
export const schema = (name: keyof typeof schemas): Part => ({ $ref: `#/components/schemas/${name}` });

export const schemas = {
  Key: {
    type: 'string',
    description: `1 to ${maxKeyBytes} bytes of UTF-8 without NUL. JSON Schema counts characters: those beyond ASCII take 2 to 4 bytes.`,
    minLength: 1,
    maxLength: maxKeyBytes,
    pattern: '^[^\\u0000]+$',
    examples: ['xyz-1'],
  },
  Value: {
    description: 'Any JSON. It comes back token by token as it was sent: `1.0`, `1e400` and 30-digit numbers survive.',
  },
  Pairs: {
    type: 'object',
    description: 'Keys with their values.',
    propertyNames: { $ref: '#/components/schemas/Key' },
    additionalProperties: { $ref: '#/components/schemas/Value' },
    examples: [{ 'abc-1': 1, 'abc-2': 2, 'xyz-1': 'three', 'xyz-2': 4 }],
  },
  Keys: {
    type: 'array',
    description: 'Keys, in the order of their UTF-8 bytes.',
    items: { $ref: '#/components/schemas/Key' },
    examples: [['abc-1', 'abc-2']],
  },
  PairsToSet: {
    type: 'object',
    description: 'At least one key with its value.',
    minProperties: 1,
    propertyNames: { $ref: '#/components/schemas/Key' },
    additionalProperties: { $ref: '#/components/schemas/Value' },
    examples: [{ 'abc-1': 1, 'abc-2': 2, 'xyz-1': 'three', 'xyz-2': 4 }],
  },
  KeysToGet: {
    type: 'array',
    description: `1 to ${maxLimit} keys.`,
    minItems: 1,
    maxItems: maxLimit,
    items: { $ref: '#/components/schemas/Key' },
    examples: [['xyz-1', 'never']],
  },
  KeysToDelete: {
    type: 'array',
    description: 'At least one key.',
    minItems: 1,
    items: { $ref: '#/components/schemas/Key' },
    examples: [['xyz-1', 'never']],
  },
  Transaction: {
    type: 'object',
    description: 'At least one key in `if`, `set` or `delete`; none is in both of the last two.',
    minProperties: 1,
    properties: {
      if: {
        type: 'object',
        description:
          'Keys with what they must be: the ETag, with its quotes or without; `*`: it exists; null: it does not.',
        maxProperties: maxConditions,
        propertyNames: { $ref: '#/components/schemas/Key' },
        additionalProperties: { type: ['string', 'null'], pattern: '^([*]|(W/)?"[!#-~]*"|[0-9a-z]{8}-[0-9]{1,15})$' },
      },
      set: {
        type: 'object',
        propertyNames: { $ref: '#/components/schemas/Key' },
        additionalProperties: { $ref: '#/components/schemas/Value' },
      },
      ttl: {
        type: 'integer',
        description: 'Seconds after which the pairs of `set` are gone.',
        minimum: 1,
        maximum: maxTtl,
      },
      delete: { type: 'array', items: { $ref: '#/components/schemas/Key' } },
    },
    additionalProperties: false,
    examples: [{ if: { 'order-7': null, stock: '"k3f9a2xq-7"' }, set: { 'order-7': 'open' }, delete: ['cart-7'] }],
  },
  TransactionResult: {
    type: 'object',
    properties: {
      set: { type: 'integer', description: 'Keys that were set.', minimum: 0 },
      deleted: { type: 'integer', description: 'Keys to delete that were there.', minimum: 0 },
    },
    required: ['set', 'deleted'],
    examples: [{ set: 1, deleted: 1 }],
  },
  Increments: {
    type: 'object',
    description:
      'Keys with integers of 64 bits. A parser that makes floating-point numbers of them is exact up to 2^53.',
    minProperties: 1,
    propertyNames: { $ref: '#/components/schemas/Key' },
    additionalProperties: { type: 'integer', format: 'int64' },
    examples: [{ visits: 1, stock: -2 }],
  },
  Deletion: {
    type: 'object',
    description: 'What a deletion did.',
    properties: { deleted: { type: 'integer', description: 'Keys that were there.', minimum: 0 } },
    required: ['deleted'],
    examples: [{ deleted: 1 }],
  },
  Rights: {
    type: 'object',
    description: 'What a token may do.',
    properties: {
      name: { type: ['string', 'null'], description: 'Of the token; null: the service asks for none.' },
      may: { type: 'string', enum: ['read', 'write'], description: 'A token that may write may read.' },
      prefixes: {
        type: ['array', 'null'],
        description: 'The token reaches keys that begin with one of them; null: all keys.',
        items: { $ref: '#/components/schemas/Key' },
      },
      expires: { type: ['string', 'null'], format: 'date-time', description: 'When the token expires; null: never.' },
      limits: {
        type: ['object', 'null'],
        description: 'What the token may use of each replica in a second; null: any.',
        properties: {
          requests: { type: ['integer', 'null'], minimum: 1 },
          bytes: { type: ['integer', 'null'], minimum: 1, description: 'Of bodies and answers.' },
        },
        required: ['requests', 'bytes'],
      },
    },
    required: ['name', 'may', 'prefixes', 'expires', 'limits'],
    examples: [
      {
        ...{ name: 'team-a', may: 'write', prefixes: ['team-a/'], expires: '2027-06-30T00:00:00.000Z' },
        limits: { requests: 100, bytes: null },
      },
    ],
  },
  Status: { type: 'object', properties: { status: { type: 'string', enum: ['ok'] } }, required: ['status'] },
  Problem: {
    type: 'object',
    description: 'RFC 9457 problem details.',
    properties: {
      type: { type: 'string', format: 'uri', pattern: '^urn:kvstore:problem:[a-z-]+$' },
      title: { type: 'string', description: 'The same for every problem of the code.' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: { type: 'string', description: 'Never changes its meaning.', enum: Object.keys(problems) },
      detail: { type: 'string', description: 'For people; names the limit and the actual size where there is one.' },
      // Not required: a client that was made of this description reads the answers of the version before, too.
      action: { type: 'string', description: 'For people: what to do. The same for every problem of the code.' },
      failed: {
        type: 'object',
        description:
          'Of a transaction (412): keys whose conditions do not hold, with their present ETags; null: no such key.',
        additionalProperties: { type: ['string', 'null'] },
      },
    },
    required: ['type', 'title', 'status', 'code', 'detail'],
  },
} as const satisfies Record<string, Part>;
