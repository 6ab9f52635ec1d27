/** The shapes of what goes in and out, as JSON Schema (2020-12, which OpenAPI 3.1 uses). */
import { problems } from '../../errors.ts';
import { maxKeyBytes } from '../../store/key.ts';

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
  Revision: {
    type: 'integer',
    description: "A revision of the store: a whole number that rises with every write, and a key's version.",
    minimum: 0,
    examples: [7],
  },
  Line: {
    type: 'object',
    description: 'A pair with what is known of it.',
    properties: {
      key: { $ref: '#/components/schemas/Key' },
      value: { $ref: '#/components/schemas/Value' },
      revision: { $ref: '#/components/schemas/Revision' },
      expires: { type: 'integer', description: 'Unix time in milliseconds at which it is gone; absent: never.' },
    },
    required: ['key', 'value', 'revision'],
    examples: [{ key: 'xyz-1', value: 'three', revision: 7 }],
  },
  Status: { type: 'object', properties: { status: { const: 'ok' } }, required: ['status'] },
  Problem: {
    type: 'object',
    description: 'RFC 9457 problem details.',
    properties: {
      type: { type: 'string', format: 'uri', pattern: '^urn:kvstore:problem:[a-z-]+$' },
      title: { type: 'string', description: 'The same for every problem of the code.' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: { type: 'string', description: 'Never changes its meaning.', enum: Object.keys(problems) },
      detail: { type: 'string', description: 'For people; names the limit and the actual size where there is one.' },
    },
    required: ['type', 'title', 'status', 'code'],
  },
} as const satisfies Record<string, Part>;
