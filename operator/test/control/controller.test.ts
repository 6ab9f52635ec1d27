import test from 'ava';
import { Registry } from 'prom-client';
import { runController } from '../../src/control/controller.ts';
import { WorkQueue } from '../../src/control/work-queue.ts';
import { createLog } from '../../src/log.ts';
import { createQueueMetrics } from '../../src/metrics/queue-metrics.ts';
import { createReconcileMetrics } from '../../src/metrics/reconcile-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Lets what is already resolved go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a failure comes back after a backoff, a success when it asked to, and each is counted', async (t) => {
  const clock = new FakeClock();
  const registry = new Registry();
  const queue = new WorkQueue({
    clock,
    metrics: createQueueMetrics(registry, 'test'),
    backoff: { baseMs: 1000, maxMs: 8000, random: () => 0.999_999 },
  });
  const calls: string[] = [];
  const answers = [
    () => Promise.reject(new Error('first')),
    async () => ({ requeueAfterMs: 60_000 }),
    async () => ({}),
  ];
  const ended = runController({
    queue,
    clock,
    log: createLog('silent', { write() {} }),
    metrics: createReconcileMetrics(registry, 'test'),
    workers: 2,
    reconcile: async (name) => {
      calls.push(`${name} at ${clock.now()}`);
      return (answers.shift() ?? (async () => ({})))();
    },
  });
  queue.add('a');
  for (const ms of [0, 1000, 60_000, 600_000]) {
    clock.advance(ms);
    await settle();
  }
  t.deepEqual(calls, ['a at 0', 'a at 1000', 'a at 61000']);
  const text = await registry.metrics();
  for (const result of ['success', 'error', 'requeue_after']) {
    t.true(text.includes(`controller_runtime_reconcile_total{controller="test",result="${result}"} 1`), result);
  }
  t.regex(text, /controller_runtime_reconcile_errors_total\{controller="test"\} 1/);
  t.regex(text, /controller_runtime_active_workers\{controller="test"\} 0/);
  queue.close();
  await t.notThrowsAsync(ended);
});

test('one name is never in two hands, and others are not held up by it', async (t) => {
  const clock = new FakeClock();
  const registry = new Registry();
  const metrics = createQueueMetrics(registry, 'test');
  const queue = new WorkQueue({ clock, metrics, backoff: { baseMs: 1, maxMs: 1, random: () => 0 } });
  const slow = Promise.withResolvers<object>();
  const started: string[] = [];
  const ended = runController({
    queue,
    clock,
    log: createLog('silent', { write() {} }),
    metrics: createReconcileMetrics(registry, 'test'),
    workers: 4,
    reconcile: (name) => {
      started.push(name);
      return name === 'slow' && started.length === 1 ? slow.promise : Promise.resolve({});
    },
  });
  queue.add('slow');
  await settle();
  queue.add('slow');
  queue.add('other');
  await settle();
  t.deepEqual(started, ['slow', 'other']);
  slow.resolve({});
  await settle();
  t.deepEqual(started, ['slow', 'other', 'slow']);
  queue.close();
  await ended;
});
