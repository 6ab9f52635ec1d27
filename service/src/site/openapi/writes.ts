/** The operations that write. */
import type { ProblemCode } from '@kvstore/core/problem.ts';
import { header } from './headers.ts';
import { link, type Operation } from './operation.ts';
import { parameter } from './parameters.ts';
import { schema } from './schemas.ts';

export const writeProblems: readonly ProblemCode[] = [
  'invalid-query',
  'invalid-key',
  'precondition-failed',
  'data-corrupted',
  'data-folder-lost',
  'storage-full',
  'overloaded',
  'unavailable',
  'outcome-unknown',
];

export const bodyProblems: readonly ProblemCode[] = [
  'invalid-body',
  'body-too-large',
  'too-many-pairs',
  'unsupported-encoding',
];

export const set: Operation = {
  operationId: 'setPairs',
  summary: 'Set one or many pairs, all or none',
  description: 'Answered when they are on the disk. Of equal keys the last counts. Content-Type is not looked at.',
  tags: ['Writing'],
  parameters: [parameter('ttl'), parameter('ifNoneMatchWrite'), parameter('ifMatch')],
  requestBody: {
    required: true,
    description: 'gzip, deflate and br are understood as Content-Encoding.',
    content: { 'application/json': { schema: schema('PairsToSet') } },
  },
  answers: {
    200: {
      description: 'The pairs that were set.',
      headers: { ETag: header('written') },
      content: { 'application/json': { schema: schema('Pairs') } },
    },
  },
  problems: [...bodyProblems, ...writeProblems],
  access: 'write',
};

export const deleteKey: Operation = {
  operationId: 'deleteKey',
  summary: 'Delete one key',
  tags: ['Writing'],
  parameters: [parameter('key'), parameter('ifNoneMatchWrite'), parameter('ifMatch')],
  answers: {
    204: { description: 'It is gone, whether or not it was there.', links: { look: link('getValue') } },
  },
  problems: ['invalid-path', ...writeProblems],
  access: 'write',
};

export const deleteKeys: Operation = {
  operationId: 'deleteKeys',
  summary: 'Delete many keys, all or none',
  tags: ['Writing'],
  parameters: [parameter('ifNoneMatchWrite'), parameter('ifMatch')],
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schema('KeysToDelete') } },
  },
  answers: {
    200: {
      description: 'How many of them were there.',
      headers: { ETag: header('written') },
      content: {
        'application/json': {
          schema: schema('Deletion'),
          example: { deleted: 2 },
        },
      },
    },
  },
  problems: [...bodyProblems, ...writeProblems],
  access: 'write',
};
