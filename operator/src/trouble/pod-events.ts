/** Why a pod does not start, where only its Events say so: a volume that cannot be mounted, a sandbox that cannot be made. */
import type { EventsV1Event } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { pathOf } from '../kube/resources.ts';

export interface Explanation {
  readonly reason: string;
  readonly note: string;
}

const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };
/** Each is asked for at most this often. */
const keepMs = 15_000;

export class WarningEvents {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly until: number; readonly explanation: Explanation | undefined }>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * The newest warning about an object; undefined: there is none, or it cannot be read. `since`: Unix milliseconds up to
   * which warnings are over, such as those of a pod that could not be scheduled then and is now.
   */
  async newest(namespace: string, kind: string, name: string, uid = '', since = 0): Promise<Explanation | undefined> {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#known) if (until <= now) this.#known.delete(key);
    const key = `${namespace}/${kind}/${name}/${uid}/${since}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known.explanation;
    const explanation = await this.#read(namespace, kind, name, since);
    this.#known.set(key, { until: now + keepMs, explanation });
    return explanation;
  }

  async #read(namespace: string, kind: string, name: string, since: number): Promise<Explanation | undefined> {
    const fieldSelector = `regarding.kind=${kind},regarding.name=${name},type=Warning`;
    try {
      const list = await this.#client.request<{ items: EventsV1Event[] }>('GET', pathOf(events, namespace), {
        query: { fieldSelector, limit: '50' },
      });
      const current = list.items.filter((event) => timeOf(event) > since);
      const [newest] = current.sort((a, b) => timeOf(b) - timeOf(a));
      return newest?.reason === undefined ? undefined : { reason: newest.reason, note: newest.note ?? '' };
    } catch (error) {
      // An explanation is a help. That it cannot be had must not keep anything from being done.
      if (hasStatus(error, 403, 404, 400)) return undefined;
      throw error;
    }
  }
}

function timeOf(event: EventsV1Event): number {
  const { series, eventTime, deprecatedLastTimestamp, metadata } = event;
  const time = series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime ?? metadata?.creationTimestamp;
  return time === undefined || time === null ? 0 : new Date(time as unknown as string).getTime();
}
