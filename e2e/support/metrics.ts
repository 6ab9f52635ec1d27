/** Metrics of pods, as Prometheus would read them. */
import { getFromPod } from './kubectl.ts';
import type { KvStoreHandle } from './kvstore.ts';

/** The value of a metric without labels. @throws where the pod has none of that name */
export async function metricOf(namespace: string, pod: string, name: string, port = 8080): Promise<number> {
  const value = valueIn(await getFromPod(namespace, pod, port, '/metrics'), name);
  if (value === undefined) throw new Error(`${pod} has no metric ${name}`);
  return value;
}

function valueIn(text: string, name: string): number | undefined {
  const [, value] = new RegExp(`^${name}(?:\\{\\})? (\\S+)$`, 'm').exec(text) ?? [];
  return value === undefined ? undefined : Number(value);
}

/** Looks at a metric without labels again and again. A page that does not come is left out. */
export class MetricWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(url: string, name: string) {
    const look = async () => {
      this.#most = Math.max(this.#most, valueIn(await (await fetch(url)).text(), name) ?? 0);
    };
    this.#timer = setInterval(() => void look().catch(() => undefined), 250);
  }

  /** The most that was seen, since `forget` was called. */
  get most(): number {
    return this.#most;
  }

  forget(): void {
    this.#most = 0;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Whether the store has three replicas that read by lease now. */
export async function allHoldLeases({ namespace, servicePods }: KvStoreHandle): Promise<boolean> {
  const pods = await servicePods();
  const held = await Promise.all(pods.map(({ name }) => metricOf(namespace, name, 'kvstore_lease_held')));
  return held.length === 3 && held.every((value) => value === 1);
}
