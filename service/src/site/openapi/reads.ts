/** The operations that read. */
import type { ProblemCode } from '@kvstore/core/problem.ts';
import { header } from './headers.ts';
import { link, type Operation } from './operation.ts';
import { parameter } from './parameters.ts';
import { type Part, schema } from './schemas.ts';

const pageProblems: readonly ProblemCode[] = [
  'precondition-failed',
  'data-corrupted',
  'invalid-query',
  'invalid-key',
  'overloaded',
  'unavailable',
];

/** Of every read that comes in pages. */
const pageParameters = (
  [
    'prefix',
    'suffix',
    'contains',
    'delimiter',
    'reverse',
    'count',
    'limit',
    'after',
    'consistency',
    'ifNoneMatchRead',
    'ifMatchRead',
  ] as const
).map((name) => parameter(name));

const unchanged = (etag: Part): Part => ({
  description: 'Nothing has changed since the given ETag.',
  headers: { ETag: etag, Age: header('age') },
});

export const getKey: Operation = {
  operationId: 'getValue',
  summary: 'One value',
  tags: ['Reading'],
  description: 'With `wait` it is answered when the key changes, also by its end: 404 then.',
  parameters: (['key', 'consistency', 'wait', 'ifNoneMatchRead', 'ifMatchRead'] as const).map((name) =>
    parameter(name),
  ),
  answers: {
    200: {
      description: 'The value.',
      headers: { ETag: header('keyVersion'), Age: header('age') },
      content: { 'application/json': { schema: schema('Value'), examples: { text: { value: 'three' } } } },
      links: { delete: link('deleteKey') },
    },
    304: unchanged(header('keyVersion')),
  },
  problems: [
    'key-not-found',
    'precondition-failed',
    'invalid-key',
    'invalid-path',
    'invalid-query',
    'data-corrupted',
    'overloaded',
    'unavailable',
  ],
  access: 'read',
  namesKeys: true,
};

export const getKeys: Operation = {
  operationId: 'getValues',
  summary: 'Many values',
  description:
    'The pairs that exist, all of one state of the store, in the order asked for; of equal keys the first counts. ' +
    'Any key survives: no proxy looks into a body. It changes nothing, and may be asked again.',
  tags: ['Reading'],
  parameters: [parameter('consistency')],
  requestBody: {
    required: true,
    description: 'gzip, deflate and br are understood as Content-Encoding.',
    content: { 'application/json': { schema: schema('KeysToGet') } },
  },
  answers: {
    200: {
      description: 'The pairs, as one object or (`Accept: application/x-ndjson`) a line each, with its revision.',
      headers: { ETag: header('state'), Age: header('age') },
      content: {
        'application/json': { schema: schema('Pairs'), examples: { pairs: { value: { 'xyz-1': 'three' } } } },
        'application/x-ndjson': {
          schema: { type: 'string' },
          examples: { lines: { value: '{"key":"xyz-1","value":"three","revision":7}\n' } },
        },
      },
    },
  },
  problems: [
    'invalid-body',
    'body-too-large',
    'unsupported-encoding',
    'invalid-query',
    'invalid-key',
    'data-corrupted',
    'overloaded',
    'unavailable',
  ],
  access: 'read',
  namesKeys: true,
};

export const search: Operation = {
  operationId: 'searchKeys',
  summary: 'Keys by the texts in them',
  description:
    'At least one of `prefix`, `suffix`, `contains` and `delimiter` is given; all that are given must hold together. No ' +
    'total is promised: `count=true` asks for it.',
  tags: ['Reading'],
  parameters: [parameter('values'), ...pageParameters],
  answers: {
    200: {
      description:
        'The keys in order, `[]` when there is none; with `values=true` the pairs, with `delimiter` ' +
        '`{"keys":[…],"prefixes":[…]}` or `{"pairs":{…},"prefixes":[…]}`, with `count=true` their number.',
      headers: { ETag: header('state'), Link: header('next'), Age: header('age') },
      content: {
        'application/json': {
          // A count and a folded answer are objects, as pairs are. Not `oneOf`: openapi-generator makes code of that which
          // looks for schemas with names, and hands out `{}` in place of pairs. With schemas of their own, pairs would be cut to
          // the members that these name.
          schema: { anyOf: [schema('Keys'), schema('Pairs')] },
          examples: {
            keys: { value: ['abc-1', 'abc-2'] },
            pairs: { value: { 'abc-1': 1, 'abc-2': 2 } },
            folded: { value: { keys: [], prefixes: ['abc-', 'xyz-'] } },
            count: { value: { count: 2 } },
          },
        },
      },
    },
    304: unchanged(header('state')),
  },
  problems: pageProblems,
  access: 'read',
};

export const dump: Operation = {
  operationId: 'dumpPairs',
  summary: 'Every pair',
  description: 'Streamed from one state of the store, however long it takes. An answer that is cut off has no end.',
  tags: ['Reading'],
  parameters: pageParameters,
  answers: {
    200: {
      description:
        'The pairs in order, as one object or (`Accept: application/x-ndjson`) a line each; with `delimiter` ' +
        '`{"pairs":{…},"prefixes":[…]}`, and as lines also `{"prefix":…}`; with `count=true` their number.',
      headers: { ETag: header('state'), Link: header('next'), Age: header('age') },
      content: {
        'application/json': {
          schema: schema('Pairs'),
          examples: {
            pairs: { value: { 'abc-1': 1, 'abc-2': 2 } },
            folded: { value: { pairs: {}, prefixes: ['abc-', 'xyz-'] } },
            count: { value: { count: 2 } },
          },
        },
        'application/x-ndjson': {
          schema: { type: 'string' },
          examples: {
            lines: { value: '{"key":"xyz-1","value":"three","revision":7}\n' },
            folded: { value: '{"prefix":"abc-"}\n{"prefix":"xyz-"}\n' },
          },
        },
      },
    },
    304: unchanged(header('state')),
  },
  problems: pageProblems,
  access: 'read',
};

export const watch: Operation = {
  operationId: 'watchKeys',
  summary: 'Changes as they happen',
  description:
    'Server-sent events: `set` and `delete` with a line of JSON (`key`, `value`, `revision`, `expires`), in the order of ' +
    'revisions, none missed and none doubled. The id of an event resumes behind it, on any replica. A last event `error` ' +
    'has a problem and says why the stream ends: `unavailable` (watch again), `slow-consumer`, `history-gone`, `other-timeline`, `unauthorized`.',
  tags: ['Reading'],
  parameters: [parameter('prefix'), parameter('suffix'), parameter('consistency'), parameter('lastEventId')],
  answers: {
    200: {
      description: 'Events until one side ends it.',
      headers: { 'KvStore-Heartbeat': header('heartbeat') },
      content: {
        'text/event-stream': {
          schema: { type: 'string' },
          examples: {
            events: { value: 'event: set\nid: k3f9a2xq-7\ndata: {"key":"xyz-1","value":"three","revision":7}\n\n' },
          },
        },
      },
    },
  },
  problems: ['invalid-query', 'history-gone', 'other-timeline', 'overloaded', 'unavailable'],
  access: 'read',
};
