/** The operations that compare or compute before they write. */
import { header } from './headers.ts';
import type { Operation } from './operation.ts';
import { schema } from './schemas.ts';
import { bodyProblems, writeProblems } from './writes.ts';

export const transaction: Operation = {
  operationId: 'transact',
  summary: 'Set and delete on conditions, all or nothing',
  description:
    'Happens at one revision, or not at all. Without `set` and `delete` it checks its conditions. When some do not hold, ' +
    'the answer (412) names them in `failed`, each with the present ETag of the key, or null.',
  tags: ['Writing'],
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schema('Transaction') } },
  },
  answers: {
    200: {
      description: 'How many keys were set, and how many of those to delete were there.',
      headers: { ETag: header('written') },
      content: { 'application/json': { schema: schema('TransactionResult') } },
    },
  },
  problems: [...bodyProblems, ...writeProblems],
  access: 'write',
};

export const increment: Operation = {
  operationId: 'increment',
  summary: 'Add to integers, all or none',
  description:
    'Exact for integers of 64 bits. A key that is not there counts as 0; a time to live stays as it is. A request whose ' +
    'outcome is not known may have been done: asked again it may add twice.',
  tags: ['Writing'],
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schema('Increments') } },
  },
  answers: {
    200: {
      description: 'What this request brought each key to.',
      headers: { ETag: header('written') },
      content: { 'application/json': { schema: schema('Increments') } },
    },
  },
  problems: [
    ...bodyProblems,
    ...writeProblems.filter((code) => code !== 'precondition-failed'),
    'not-an-integer',
    'integer-overflow',
  ],
  access: 'write',
};
