/** Why a pod does not start, where only its Events say so: a volume that cannot be mounted, a sandbox that cannot be made. */
import type { EventsV1Event } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { KeptAnswers } from '../control/kept-answers.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { pathOf } from '../kube/resources.ts';

export interface Explanation {
  readonly reason: string;
  readonly note: string;
}

const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };
/** Milliseconds until the Events of an object are read again. */
const keepMs = 15_000;

/** An object of Kubernetes that Events are about. */
export interface Regarding {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** Unix milliseconds up to which warnings are over, such as those of a pod that could not be scheduled then and is now. */
  readonly since?: number;
}

export class WarningEvents {
  readonly #client: KubeClient;
  readonly #known: KeptAnswers<Explanation | undefined>;

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#known = new KeptAnswers(clock);
  }

  /** The newest warning about an object; undefined: there is none, it is over, or it cannot be read. */
  newest(namespace: string, regarding: Regarding): Promise<Explanation | undefined> {
    const { kind, uid, since = 0 } = regarding;
    const key = `${namespace}/${kind}/${uid}/${since}`;
    return this.#known.of(
      key,
      () => this.#read(namespace, regarding),
      () => keepMs,
    );
  }

  async #read(namespace: string, { kind, name, uid, since = 0 }: Regarding): Promise<Explanation | undefined> {
    const fieldSelector = `regarding.kind=${kind},regarding.name=${name},regarding.uid=${uid}`;
    try {
      const list = await this.#client.request<{ items: EventsV1Event[] }>('GET', pathOf(events, namespace), {
        query: { fieldSelector, limit: '200' },
      });
      return explanationIn(list.items, since);
    } catch (error) {
      // An explanation is a help. That it cannot be had must not keep anything from being done.
      if (hasStatus(error, 403, 404, 400)) return undefined;
      throw error;
    }
  }
}

/** A pod that gets so far has its volumes and its sandbox: what was said of them before is over. */
const further: ReadonlySet<string | undefined> = new Set(['Pulling', 'Pulled', 'Created', 'Started']);

/** The newest warning after `since`, unless the pod has got further afterwards. A pure function. */
export function explanationIn(found: readonly EventsV1Event[], since: number): Explanation | undefined {
  const newestOf = (those: readonly EventsV1Event[]) => those.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
  const warning = newestOf(found.filter((event) => event.type === 'Warning' && timeOf(event) > since));
  const step = newestOf(found.filter(({ reason }) => further.has(reason)));
  if (warning?.reason === undefined) return undefined;
  // Times have seconds; of the two in one second the warning came first.
  if (step !== undefined && timeOf(step) >= timeOf(warning)) return undefined;
  return { reason: warning.reason, note: warning.note ?? '' };
}

function timeOf(event: EventsV1Event): number {
  const { series, eventTime, deprecatedLastTimestamp, metadata } = event;
  const time = series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime ?? metadata?.creationTimestamp;
  return time === undefined || time === null ? 0 : new Date(time as unknown as string).getTime();
}
