/** The operations that write. */
import type { ProblemCode } from '../../errors.ts';
import { header } from './headers.ts';
import type { Operation } from './operation.ts';
import { schema } from './schemas.ts';

const writeProblems: readonly ProblemCode[] = [
  'invalid-key',
  'cross-site',
  'storage-full',
  'overloaded',
  'unavailable',
  'outcome-unknown',
];

const bodyProblems: readonly ProblemCode[] = [
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
  requestBody: {
    required: true,
    description: 'gzip, deflate and br are understood as Content-Encoding.',
    content: { 'application/json': { schema: { allOf: [schema('Pairs'), { minProperties: 1 }] } } },
  },
  answers: {
    200: {
      description: 'The pairs that were set.',
      headers: { ETag: header('revision') },
      content: { 'application/json': { schema: schema('Pairs') } },
    },
  },
  problems: [...bodyProblems, ...writeProblems],
  access: 'write',
};
