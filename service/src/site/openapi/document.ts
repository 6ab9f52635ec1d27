/** The description of the API (OpenAPI 3.1). A test holds it together with the routes. */
import { api } from './api.ts';
import { headers } from './headers.ts';
import { describe } from './operation.ts';
import { parameters } from './parameters.ts';
import { type Part, schemas } from './schemas.ts';

export interface DocumentOptions {
  readonly version: string;
  /** Whether the service asks for tokens. */
  readonly tokens: boolean;
  /** False: they have a port of their own. Default: true. */
  readonly metrics?: boolean;
}

const description = `A key-value store. HEAD works for every GET. Reads see every write that was answered before they were
asked, on whichever replica. Every error is \`application/problem+json\` with a stable \`code\`.`;

export function openApiDocument({ version, tokens, metrics = true }: DocumentOptions): Part {
  return {
    openapi: '3.1.0',
    info: {
      title: 'KvStore',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'Reading', description: 'Values, searches, dumps and changes.' },
      { name: 'Writing', description: 'Sets and deletions, all or none.' },
      { name: 'Operating', description: 'Probes, metrics and this description.' },
    ],
    // Said in both cases: a description without it leaves open whether a token is needed.
    security: tokens ? [{ bearer: [] }] : [],
    paths: pathsOf(tokens, metrics),
    components: {
      schemas,
      parameters,
      headers: tokens ? headers : withoutTokens,
      ...(tokens ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

const { challenge: _, ratePolicy: _policy, rate: _rate, ...withoutTokens } = headers;

function pathsOf(tokens: boolean, metrics: boolean): Record<string, Record<string, Part>> {
  const paths: Record<string, Record<string, Part>> = {};
  for (const { method, path, operation } of Object.values(api)) {
    if (operation === api.metrics.operation && !metrics) continue;
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, tokens) };
  }
  return paths;
}
