/**
 * The API: every operation with its method and path. The router, the answers to OPTIONS and 405, and the OpenAPI document
 * are made from this table, so that none of them can leave one out.
 */
import { livePath, metricsPath, readyPath } from '@kvstore/core/machine-paths.ts';
import { livez, metrics, openApi, readyz, whoAmI } from './operating.ts';
import type { Operation } from './operation.ts';
import { dump, getKey, getKeys, search, watch } from './reads.ts';
import { increment, transaction } from './transactions.ts';
import { deleteKey, deleteKeys, set } from './writes.ts';

export interface ApiEntry {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** A template: `{key}` stands for everything behind it, slashes included. */
  readonly path: string;
  readonly operation: Operation;
}

export const api = {
  dump: { method: 'GET', path: '/', operation: dump },
  get: { method: 'GET', path: '/get/{key}', operation: getKey },
  getMany: { method: 'POST', path: '/get', operation: getKeys },
  deleteOne: { method: 'DELETE', path: '/get/{key}', operation: deleteKey },
  set: { method: 'POST', path: '/set', operation: set },
  search: { method: 'GET', path: '/search', operation: search },
  deleteMany: { method: 'POST', path: '/delete', operation: deleteKeys },
  transaction: { method: 'POST', path: '/transaction', operation: transaction },
  increment: { method: 'POST', path: '/increment', operation: increment },
  watch: { method: 'GET', path: '/watch', operation: watch },
  whoAmI: { method: 'GET', path: '/whoami', operation: whoAmI },
  live: { method: 'GET', path: livePath, operation: livez },
  ready: { method: 'GET', path: readyPath, operation: readyz },
  metrics: { method: 'GET', path: metricsPath, operation: metrics },
  openApi: { method: 'GET', path: '/openapi.json', operation: openApi },
} as const satisfies Readonly<Record<string, ApiEntry>>;

export type OperationName = keyof typeof api;

/** What the paths of a template that ends with a parameter begin with; undefined: it has none. */
export function prefixOf(path: string): string | undefined {
  const [, prefix] = /^(.*)\{\w+\}$/.exec(path) ?? [];
  return prefix;
}
