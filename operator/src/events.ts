/** Events on KvStores, for `kubectl describe`. */
import type { EventsV1Event } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { KubeClient } from './kube/kube-client.ts';
import { pathOf } from './kube/resources.ts';
import { group, type KvStore, kind, version } from './kvstore.ts';

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

/** The same Event on the same KvStore is written at most this often. */
const repeatMs = 10 * 60_000;
/** The API's limit for a note. */
const maxNoteLength = 1024;
const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' };

export function createEventRecorder({ client, clock, log, identity }: EventRecorderOptions): EventRecorder {
  const sent = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  const isRepeated = (key: string): boolean => {
    const now = clock.now();
    for (const [known, at] of sent) if (now - at > repeatMs) sent.delete(known);
    if (sent.has(key)) return true;
    sent.set(key, now);
    return false;
  };
  return {
    record(kvstore, type, reason, note) {
      if (isRepeated(`${kvstore.metadata.uid} ${reason} ${note}`)) return;
      const { namespace } = kvstore.metadata;
      const body = buildEvent(kvstore, type, reason, note.slice(0, maxNoteLength), identity);
      const call = client.request('POST', pathOf(events, namespace), { body }).then(
        () => undefined,
        (error: unknown) => log.warn({ err: error, reason, note }, 'event was not written'),
      );
      pending.add(call);
      call.finally(() => pending.delete(call));
    },
    async flush() {
      await Promise.all(pending);
    },
  };
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
    // The API wants microseconds.
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    type,
    reason,
    note,
    action: 'Reconcile',
    reportingController: `${group}/operator`,
    reportingInstance: identity.slice(0, 128),
    regarding: { apiVersion: `${group}/${version}`, kind, name, namespace, uid, resourceVersion },
  };
}
