import { type ApiEntry, api } from './api.ts';

/** Of an `Allow` header that speaks of all paths. */
export const allMethods: readonly string[] = [
  ...new Set(Object.values<ApiEntry>(api).flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
];
