/** The process's registry: Node's own metrics and which build this is. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { observedGauge } from '../observed-gauge.ts';
import { cpuLimit } from './cpu-limit.ts';

/** @param limit returns the cores that the container may use; undefined: it has no limit */
export function createRegistry(version: string, nodeVersion: string, limit = cpuLimit): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'kvstore_build_info',
    help: 'Always 1; the labels say which build this is.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: nodeVersion }, 1);
  observedGauge(
    registry,
    'kvstore_time_seconds',
    "Time of this process's clock, for comparing it with the time of the scrape. Unix seconds.",
    () => Date.now() / 1000,
  );
  new Gauge({
    name: 'kvstore_cpu_limit_cores',
    help: 'Cores that the container may use at the most. No series: it has no limit.',
    registers: [registry],
    collect() {
      const cores = limit();
      if (cores === undefined) this.remove();
      else this.set(cores);
    },
  });
  return registry;
}
