/** The operations for operators of the service. */
import type { Operation } from './operation.ts';
import { schema } from './schemas.ts';

const ok = (description: string) => ({
  200: { description, content: { 'application/json': { schema: schema('Status') } } },
});

export const whoAmI: Operation = {
  operationId: 'whoAmI',
  summary: 'What the token of the request may do',
  description: 'Where the service asks for no tokens, everything is allowed to every client.',
  tags: ['Operating'],
  answers: {
    200: { description: 'Its rights.', content: { 'application/json': { schema: schema('Rights') } } },
  },
  problems: ['invalid-query'],
  access: 'read',
};

export const livez: Operation = {
  operationId: 'live',
  summary: 'Whether the process answers',
  tags: ['Operating'],
  answers: ok('It answers, whatever it depends on.'),
  problems: [],
  access: 'open',
};

export const readyz: Operation = {
  operationId: 'ready',
  summary: 'Whether requests can be served',
  tags: ['Operating'],
  answers: ok('They can.'),
  problems: ['not-ready'],
  access: 'open',
};

export const metrics: Operation = {
  operationId: 'metrics',
  summary: "Metrics in Prometheus's text format",
  tags: ['Operating'],
  answers: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } } },
  problems: [],
  access: 'open',
};

export const openApi: Operation = {
  operationId: 'openApi',
  summary: 'This document',
  tags: ['Operating'],
  answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } } },
  problems: ['invalid-query'],
  access: 'open',
};
