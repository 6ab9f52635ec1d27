/** Takes names off the queue and reconciles them; decides between done, later and retry. */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { ReconcileMetrics, Result } from '../metrics/reconcile-metrics.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ReconcileResult {
  /** Milliseconds after which to look again without a notice of a change. */
  readonly requeueAfterMs?: number;
}

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ReconcileMetrics;
  /** Names in work at once; each name at most once. */
  readonly workers: number;
  /** Throws to be called again after a backoff. */
  readonly reconcile: (name: string) => Promise<ReconcileResult>;
}

/** Resolves once the queue is closed and the last reconcile has ended. */
export async function runController(options: ControllerOptions): Promise<void> {
  options.metrics.workers(options.workers);
  await Promise.all(Array.from({ length: options.workers }, () => work(options)));
}

async function work(options: ControllerOptions): Promise<void> {
  const { queue } = options;
  for (let name = await queue.next(); name !== undefined; name = await queue.next()) {
    await reconcileOne(name, options);
    queue.done(name);
  }
}

async function reconcileOne(name: string, { queue, clock, log, metrics, reconcile }: ControllerOptions): Promise<void> {
  const startedAt = clock.now();
  let result: Result;
  metrics.started();
  try {
    const { requeueAfterMs } = await reconcile(name);
    queue.forget(name);
    if (requeueAfterMs !== undefined) queue.addAfter(name, requeueAfterMs);
    result = requeueAfterMs === undefined ? 'success' : 'requeue_after';
  } catch (error) {
    log.error({ err: error, kvstore: name }, 'reconcile failed');
    queue.retry(name);
    result = 'error';
  }
  metrics.ended(name, result, clock.now() - startedAt);
}
