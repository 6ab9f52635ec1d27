/** The description of the API (OpenAPI 3.1). A test holds it together with the routes. */
import { headers } from './headers.ts';
import { livez, metrics, openApi, readyz } from './operating.ts';
import { describe, type Operation } from './operation.ts';
import { parameters } from './parameters.ts';
import { dump, getKey, search, watch } from './reads.ts';
import { type Part, schemas } from './schemas.ts';
import { deleteKey, deleteKeys, set } from './writes.ts';

export interface DocumentOptions {
  readonly version: string;
  /** Whether the service asks for tokens. */
  readonly tokens: boolean;
}

const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/': { get: dump },
  '/get/{key}': { get: getKey, delete: deleteKey },
  '/set': { post: set },
  '/search': { get: search },
  '/delete': { post: deleteKeys },
  '/watch': { get: watch },
  '/livez': { get: livez },
  '/readyz': { get: readyz },
  '/metrics': { get: metrics },
  '/openapi.json': { get: openApi },
};

const description = `A key-value store. HEAD works for every GET. Reads see every write that was answered before they were
asked, on whichever replica. Every error is \`application/problem+json\` with a stable \`code\`.`;

export function openApiDocument({ version, tokens }: DocumentOptions): Part {
  return {
    openapi: '3.1.0',
    info: {
      title: 'KvStore',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'Reading' }, { name: 'Writing' }, { name: 'Operating' }],
    ...(tokens ? { security: [{ bearer: [] }] } : {}),
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, operations]) => [
        path,
        Object.fromEntries(Object.entries(operations).map(([method, each]) => [method, describe(each, tokens)])),
      ]),
    ),
    components: {
      schemas,
      parameters,
      headers,
      ...(tokens ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}
