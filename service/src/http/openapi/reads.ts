/** The operations that read. */
import type { ProblemCode } from '../../errors.ts';
import { header } from './headers.ts';
import type { Operation } from './operation.ts';
import { parameter } from './parameters.ts';
import { type Part, schema } from './schemas.ts';

const pageProblems: readonly ProblemCode[] = ['invalid-query', 'invalid-key', 'overloaded', 'unavailable'];

const unchanged = (etag: Part): Part => ({
  description: 'Nothing has changed since the given ETag.',
  headers: { ETag: etag },
});

export const getKey: Operation = {
  operationId: 'getValue',
  summary: 'One value',
  tags: ['Reading'],
  parameters: [parameter('key'), parameter('consistency'), parameter('ifNoneMatchRead')],
  answers: {
    200: {
      description: 'The value.',
      headers: { ETag: header('keyVersion') },
      content: { 'application/json': { schema: schema('Value'), examples: { text: { value: 'three' } } } },
    },
    304: unchanged(header('keyVersion')),
  },
  problems: ['key-not-found', 'invalid-key', 'invalid-path', 'invalid-query', 'unavailable'],
  access: 'read',
};

export const search: Operation = {
  operationId: 'searchKeys',
  summary: 'Keys by prefix, suffix or both',
  description: 'At least one of `prefix` and `suffix` is given; both given, both must hold.',
  tags: ['Reading'],
  parameters: [
    parameter('prefix'),
    parameter('suffix'),
    parameter('limit'),
    parameter('after'),
    parameter('consistency'),
  ],
  answers: {
    200: {
      description: 'The keys in order, `[]` when there is none.',
      headers: { Link: header('next') },
      content: {
        'application/json': {
          schema: schema('Keys'),
        },
      },
    },
  },
  problems: pageProblems,
  access: 'read',
};

export const dump: Operation = {
  operationId: 'dumpPairs',
  summary: 'Every pair',
  description: 'Streamed from one state of the store, however long it takes. An answer that is cut off has no end.',
  tags: ['Reading'],
  parameters: [parameter('limit'), parameter('after'), parameter('consistency'), parameter('ifNoneMatchRead')],
  answers: {
    200: {
      description: 'The pairs in order.',
      headers: { ETag: header('revision'), Link: header('next') },
      content: {
        'application/json': { schema: schema('Pairs') },
      },
    },
    304: unchanged(header('revision')),
  },
  problems: pageProblems,
  access: 'read',
};
