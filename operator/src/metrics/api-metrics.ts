import { Counter, type Registry } from 'prom-client';

/** Calls of the API server and restarts of watches. */
export interface ApiMetrics {
  answered(method: string, code: string): void;
  watchRestarted(resource: string): void;
}

export function createApiMetrics(registry: Registry): ApiMetrics {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Calls of the API server by method and HTTP status.',
    labelNames: ['method', 'code'],
    registers: [registry],
  });
  const restarts = new Counter({
    name: 'kvstore_operator_watch_restarts_total',
    help: 'Watches that broke and were started again.',
    labelNames: ['resource'],
    registers: [registry],
  });
  return {
    answered: (method, code) => requests.inc({ method, code }),
    watchRestarted: (resource) => restarts.inc({ resource }),
  };
}
