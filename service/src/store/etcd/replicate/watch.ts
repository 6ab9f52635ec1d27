/**
 * One watch of everything under the prefix, on its own channel, from a revision on. It never reconnects by itself:
 * the code that applies its events knows the revision to go on from.
 */
import { meaningOf, messageOf } from '@kvstore/etcd/call-error.ts';
import type { Endpoint, WatchStream } from '../connect/endpoint.ts';
import type { Layout } from '../layout.ts';
import type { WatchResponse } from '../wire/messages.ts';

/** Why a watch is over. */
export interface WatchEnd {
  /** Set when the revision to start from is gone: etcd's oldest. */
  readonly compactRevision: number | undefined;
  readonly message: string;
  /** The password or role does not do. */
  readonly refused: boolean;
}

export interface Watch {
  /** Resolves when the watch is over, for whatever reason; never rejects. */
  readonly ended: Promise<WatchEnd>;
  /** Resolves when etcd has confirmed it, or it is over. */
  readonly created: Promise<void>;
  /** No more events until `resume`: etcd holds them back. */
  pause(): void;
  resume(): void;
  cancel(reason: string): void;
}

/** Opens the watch; `onEvents` gets its responses in their order. Throws EtcdCallError. */
export async function openWatch(
  endpoint: Endpoint,
  { all }: Layout,
  startRevision: number,
  onEvents: (response: WatchResponse) => void,
): Promise<Watch> {
  const stream: WatchStream = await endpoint.watch();
  const ended = Promise.withResolvers<WatchEnd>();
  const created = Promise.withResolvers<void>();
  const end = (message: string, compactRevision?: number, refused = false) => {
    ended.resolve({ message, compactRevision, refused });
    created.resolve();
    stream.cancel();
  };
  stream.on('data', (response: WatchResponse) => {
    const { compact_revision: oldest } = response;
    if (oldest > 0) return end('the revision is compacted', oldest);
    if (response.canceled) {
      const refused = /permission denied|invalid auth token/.test(response.cancel_reason);
      return end(`etcd cancelled it: ${response.cancel_reason}`, undefined, refused);
    }
    if (response.created) created.resolve();
    if (response.events.length > 0) onEvents(response);
  });
  stream.on('error', (error) => end(messageOf(error), undefined, meaningOf(error) === 'refused'));
  stream.on('end', () => end('etcd ended it'));
  stream.write({
    create_request: { key: all.start, range_end: all.end, start_revision: startRevision, fragment: true },
  });
  return {
    ended: ended.promise,
    created: created.promise,
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    cancel: (reason) => end(reason),
  };
}
