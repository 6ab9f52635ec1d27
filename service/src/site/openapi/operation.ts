/** One operation of the document, with every problem it can answer with. */
import { type ProblemCode, problems } from '@kvstore/core/problem.ts';
import { header } from './headers.ts';
import { type Part, schema } from './schemas.ts';

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly [string];
  readonly parameters?: readonly Part[];
  readonly requestBody?: Part;
  /** Answers that are no problems, by status. */
  readonly answers: Readonly<Record<number, Part>>;
  readonly problems: readonly ProblemCode[];
  /** What a token must allow, where tokens are required. */
  readonly access: 'open' | 'read' | 'write';
  /** True: the request names keys, so that a token which does not reach them is refused. Each write does. */
  readonly namesKeys?: true;
}

/** What can be asked next of the same key. */
export const link = (operationId: string): Part => ({ operationId, parameters: { key: '$request.path.key' } });

/** Any request can be answered with these; `certificate-required` where the service is set to ask for one. */
const always: readonly ProblemCode[] = [
  'invalid-request',
  'request-timeout',
  'certificate-required',
  'misdirected',
  'headers-too-large',
  'internal',
  'unsupported-version',
];

const accessProblems = {
  open: [],
  read: ['unauthorized', 'rate-limited'],
  write: ['unauthorized', 'rate-limited', 'read-only-token', 'outside-prefixes'],
} as const;

export function describe(operation: Operation, tokens: boolean): Part {
  const { answers, problems: own, access, namesKeys = false, ...rest } = operation;
  const codes = [
    ...own,
    ...always,
    ...(access === 'open' ? [] : (['cross-site'] as const)),
    ...(tokens ? accessProblems[access] : []),
    ...(tokens && namesKeys ? (['outside-prefixes'] as const) : []),
  ];
  return {
    ...rest,
    responses: { ...answers, ...problemResponses(codes) },
    ...(tokens && access === 'open' ? { security: [] } : {}),
  };
}

function problemResponses(codes: readonly ProblemCode[]): Record<number, Part> {
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => [status, response(codes.filter((code) => problems[code].status === status))]),
  );
}

/** A response for all problems of one status. */
function response(codes: readonly ProblemCode[]): Part {
  const headers = {
    ...(codes.some((code) => retried.has(code)) ? { 'Retry-After': header('retryAfter') } : {}),
    ...(codes.includes('rate-limited') ? { 'RateLimit-Policy': header('ratePolicy'), RateLimit: header('rate') } : {}),
    ...(codes.includes('unauthorized') ? { 'WWW-Authenticate': header('challenge') } : {}),
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    content: {
      'application/problem+json': {
        schema: schema('Problem'),
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code) }])),
      },
    },
  };
}

const retried: ReadonlySet<ProblemCode> = new Set(['overloaded', 'unavailable', 'rate-limited']);

function example(code: ProblemCode): Part {
  const { status, title, action } = problems[code];
  return { type: `urn:kvstore:problem:${code}`, title, status, code, detail: `${title}.`, action };
}
