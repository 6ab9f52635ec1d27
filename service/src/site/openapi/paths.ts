/** Sets of the API's paths, from its table. */
import { type ApiEntry, api } from './api.ts';

/** Asked by kubelets, again and again: they never wait, and need neither a certificate nor a name of the service. */
export const probePaths: ReadonlySet<string> = new Set([api.live.path, api.ready.path]);

/** Asked by scrapers. */
export const metricsPath = api.metrics.path;

/** Asked by machines, by the address of a pod. */
export const machinePaths: ReadonlySet<string> = new Set([...probePaths, metricsPath]);

/** Of an `Allow` header that speaks of all paths. */
export const allMethods: readonly string[] = [
  ...new Set(Object.values<ApiEntry>(api).flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
];
