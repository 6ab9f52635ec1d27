/** The registry in OpenMetrics, the format that carries exemplars. */
import { Registry } from 'prom-client';

/** The part of prom-client's metrics that its registry reads. */
interface Readable {
  readonly name: string;
  readonly type: string;
  get(): Promise<Family>;
  getForPromString?(): Promise<Family>;
}

interface Family {
  readonly name: string;
  readonly type: unknown;
}

/**
 * A counter's family has no `_total` in OpenMetrics. A registry of that type takes it from the metrics themselves, and
 * they would never again be called what they were; so it is given views of them.
 */
export async function openMetricsText(registry: Registry): Promise<string> {
  const view = new Registry();
  view.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  for (const metric of registry.getMetricsAsArray() as unknown as Readable[]) {
    const read = async () => {
      const family = await (metric.getForPromString?.() ?? metric.get());
      return family.type === 'counter' ? { ...family, name: family.name.replace(/_total$/, '') } : family;
    };
    const { name, type } = metric;
    view.registerMetric({ name, type, get: read, getForPromString: read } as never);
  }
  return await view.metrics();
}
