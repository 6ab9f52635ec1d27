/** A gauge that reads its value at each scrape. */
import { Gauge, type Registry } from 'prom-client';

export function observedGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
