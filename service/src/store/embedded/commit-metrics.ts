/** Metrics of the embedded store: what writing costs. */
import { Counter, Histogram, type Registry } from 'prom-client';

export interface CommitMetrics {
  /** A commit of so many requests begins; call the result when it has ended. */
  commitStarted(requests: number): () => void;
}

export function commitMetrics(registry: Registry): CommitMetrics {
  const duration = new Histogram({
    name: 'kvstore_commit_duration_seconds',
    help: 'Time of a commit of the embedded store, flush to disk included.',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const requests = new Counter({
    name: 'kvstore_commit_requests_total',
    help: 'Write requests that were committed; divided by the number of commits, the requests that share a flush.',
    registers: [registry],
  });
  return {
    commitStarted(count) {
      requests.inc(count);
      return duration.startTimer();
    },
  };
}
