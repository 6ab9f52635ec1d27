import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Clock } from '../clock.ts';

/** The families of client-go's workqueue, under controller-runtime's names. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  depth(names: number): void;
  waited(ms: number): void;
  worked(ms: number): void;
  /** Where the start times of unfinished work can be read whenever somebody scrapes. */
  observe(startTimes: () => Iterable<number>, clock: Clock): void;
}

const seconds = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60];

export function createQueueMetrics(registry: Registry, name: string): QueueMetrics {
  const registers = [registry];
  const labelNames = ['name'] as const;
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Names added.', labelNames, registers });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Names added again after a failure.',
    labelNames,
    registers,
  });
  const depth = new Gauge({ name: 'workqueue_depth', help: 'Names that wait.', labelNames, registers });
  const waits = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long a name waited before a worker took it.',
    labelNames,
    buckets: seconds,
    registers,
  });
  const works = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long a worker had a name.',
    labelNames,
    buckets: seconds,
    registers,
  });
  let startTimes: () => Iterable<number> = () => [];
  let now = (): number => 0;
  const ages = (): number[] => [...startTimes()].map((startedAt) => (now() - startedAt) / 1000);
  new Gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: 'Seconds of work in progress, summed up: large values mean stuck workers.',
    labelNames,
    registers,
    collect() {
      this.set(
        { name },
        ages().reduce((sum, age) => sum + age, 0),
      );
    },
  });
  new Gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'Seconds the longest running worker has had its name.',
    labelNames,
    registers,
    collect() {
      this.set({ name }, Math.max(0, ...ages()));
    },
  });
  adds.inc({ name }, 0);
  retries.inc({ name }, 0);
  return {
    added: () => adds.inc({ name }),
    retried: () => retries.inc({ name }),
    depth: (names) => depth.set({ name }, names),
    waited: (ms) => waits.observe({ name }, ms / 1000),
    worked: (ms) => works.observe({ name }, ms / 1000),
    observe(times, clock) {
      startTimes = times;
      now = () => clock.now();
    },
  };
}
