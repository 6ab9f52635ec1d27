/** Events on KvStores, for `kubectl describe`. */
import type { EventsV1Event } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { pathOf } from '../kube/resources.ts';
import { group, type KvStore, kind, version } from '../kvstore.ts';

export type EventType = 'Normal' | 'Warning';

export interface EventRecorder {
  /** Never throws and never waits: an Event that could not be written is logged. */
  record(kvstore: KvStore, type: EventType, reason: string, note: string): void;
  /** Resolves once what was recorded so far has been sent. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this replica of the operator. */
  readonly identity: string;
}

/** The same Event on the same KvStore is counted for so long, and written anew afterwards. */
const seriesMs = 10 * 60_000;
/** A count is written at most this often, the first time sooner. */
const countMs = 60_000;
const firstCountMs = 10_000;
/** Different Events on one KvStore: so many at once, and one more in each of these times (client-go's spam filter). */
const burst = 25;
const refillMs = 60_000;
/** The API's limit for a note. */
const maxNoteLength = 1024;
const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };

interface Series {
  readonly beganAt: number;
  count: number;
  countedAt: number;
  /** Undefined until it is written, or when that failed. */
  name: string | undefined;
}

export function createEventRecorder({ client, clock, log, identity }: EventRecorderOptions): EventRecorder {
  const running = new Map<string, Series>();
  /** By KvStore: what is left of its burst, and when that was so. */
  const left = new Map<string, { tokens: number; at: number }>();
  const pending = new Set<Promise<void>>();

  const send = (what: string, call: () => Promise<void>): void => {
    const sent = call().catch((error: unknown) => log.warn({ err: error, what }, 'event was not written'));
    pending.add(sent);
    sent.finally(() => pending.delete(sent));
  };
  const mayWrite = (uid: string): boolean => {
    const now = clock.now();
    for (const [key, { at }] of left) if (now - at > burst * refillMs) left.delete(key);
    const bucket = left.get(uid) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    if (tokens < 1) return false;
    left.set(uid, { tokens: tokens - 1, at: now });
    return true;
  };
  const count = (series: Series, namespace: string): void => {
    series.count += 1;
    const now = clock.now();
    const { name } = series;
    if (name === undefined || now - series.countedAt < countMs) return;
    series.countedAt = now;
    const body = { series: { count: series.count, lastObservedTime: microTime() } };
    send(name, async () => {
      const path = pathOf(events, namespace, name);
      await client.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });
    });
  };
  return {
    record(kvstore, type, reason, note) {
      const { namespace, uid } = kvstore.metadata;
      const now = clock.now();
      for (const [key, { beganAt }] of running) if (now - beganAt > seriesMs) running.delete(key);
      const key = `${uid} ${reason} ${note}`;
      const known = running.get(key);
      if (known !== undefined) return count(known, namespace);
      if (!mayWrite(uid)) return log.debug({ reason, note }, 'too many events');
      const series: Series = { beganAt: now, count: 1, countedAt: now + firstCountMs - countMs, name: undefined };
      running.set(key, series);
      const body = buildEvent(kvstore, type, reason, note.slice(0, maxNoteLength), identity);
      send(`${reason}: ${note}`, async () => {
        const written = await client.request<EventsV1Event>('POST', pathOf(events, namespace), { body });
        series.name = written.metadata?.name;
      });
    },
    async flush() {
      await Promise.all(pending);
    },
  };
}

/** The API wants microseconds. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function buildEvent(
  { metadata: { name, namespace, uid, resourceVersion } }: KvStore,
  type: EventType,
  reason: string,
  note: string,
  identity: string,
): Omit<EventsV1Event, 'eventTime'> & { readonly eventTime: string } {
  return {
    apiVersion: events.apiVersion,
    kind: events.kind,
    metadata: { generateName: `${name}-`, namespace },
    eventTime: microTime(),
    type,
    reason,
    note,
    action: 'Reconcile',
    reportingController: `${group}/operator`,
    reportingInstance: identity.slice(0, 128),
    regarding: { apiVersion: `${group}/${version}`, kind, name, namespace, uid, resourceVersion },
  };
}
