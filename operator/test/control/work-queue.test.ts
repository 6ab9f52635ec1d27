import test from 'ava';
import { Registry } from 'prom-client';
import { WorkQueue } from '../../src/control/work-queue.ts';
import { createQueueMetrics } from '../../src/metrics/queue-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';

function createQueue() {
  const clock = new FakeClock();
  const registry = new Registry();
  const metrics = createQueueMetrics(registry, 'test');
  const queue = new WorkQueue({ clock, metrics, backoff: { baseMs: 100, maxMs: 1000, random: () => 0.999_999 } });
  return { clock, queue, registry };
}

test('a name that waits is not added twice', async (t) => {
  const { queue } = createQueue();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  t.is(queue.depth, 2);
  t.is(await queue.next(), 'a');
  t.is(await queue.next(), 'b');
});

test('a name that is added while a worker has it comes again, but only after that worker is done', async (t) => {
  const { queue } = createQueue();
  queue.add('a');
  t.is(await queue.next(), 'a');
  queue.add('a');
  queue.add('a');
  const second = queue.next();
  t.is(queue.depth, 0);
  queue.add('b');
  t.is(await second, 'b');
  queue.done('a');
  t.is(await queue.next(), 'a');
  queue.done('a');
  t.is(queue.depth, 0);
});

test('failures wait twice as long each time, up to the maximum, and are forgotten', (t) => {
  const { clock, queue } = createQueue();
  for (const ms of [100, 200, 400, 800, 1000, 1000]) {
    queue.retry('a');
    clock.advance(ms - 1);
    t.is(queue.depth, 0, `${ms} ms`);
    clock.advance(1);
    t.is(queue.depth, 1, `${ms} ms`);
    void queue.next();
    queue.done('a');
  }
  queue.forget('a');
  queue.retry('a');
  clock.advance(100);
  t.is(queue.depth, 1);
});

test('of several times for one name the soonest counts', (t) => {
  const { clock, queue } = createQueue();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  clock.advance(100);
  t.is(queue.depth, 1);
  void queue.next();
  queue.done('a');
  clock.advance(10_000);
  t.is(queue.depth, 0);
});

test('a closed queue releases its workers and takes nothing more', async (t) => {
  const { clock, queue } = createQueue();
  const waiting = queue.next();
  queue.addAfter('later', 10);
  queue.close();
  t.is(await waiting, undefined);
  queue.add('a');
  clock.advance(100);
  t.is(await queue.next(), undefined);
});

test('the metrics have the names of the ecosystem', async (t) => {
  const { clock, queue, registry } = createQueue();
  queue.add('a');
  clock.advance(2000);
  await queue.next();
  clock.advance(3000);
  const text = await registry.metrics();
  t.regex(text, /workqueue_adds_total\{name="test"\} 1/);
  t.regex(text, /workqueue_depth\{name="test"\} 0/);
  t.regex(text, /workqueue_queue_duration_seconds_sum\{name="test"\} 2/);
  t.regex(text, /workqueue_unfinished_work_seconds\{name="test"\} 3/);
  t.regex(text, /workqueue_longest_running_processor_seconds\{name="test"\} 3/);
  t.is(queue.longestMs(), 3000);
});
