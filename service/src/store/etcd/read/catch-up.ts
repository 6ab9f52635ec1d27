/** Sends a watcher what it has missed, from etcd's own history. */
import { Problem } from '@kvstore/core/problem.ts';
import type { Clock } from '../../clock.ts';
import { watchFailed } from '../../notify-watcher.ts';
import type { Revision } from '../../store.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import { RevisionReader } from '../replicate/changes.ts';
import type { Replica } from '../replicate/replica.ts';
import { openWatch } from '../replicate/watch.ts';

export interface CatchUpOptions {
  readonly client: EtcdClient;
  readonly layout: Layout;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly requestTimeout: number;
}

/** Somebody who catches up. */
export interface LaggingWatcher {
  /** The newest revision that was told. */
  readonly last: number;
  readonly closed: AbortSignal;
  /** Undefined: the next may come; else resolves when it may. */
  room(): Promise<void> | undefined;
  /** Sends the watcher a revision; resolves when the next may come. */
  notify(revision: Revision): Promise<void> | void;
  /** Everything up to this revision was told: is that all that is in the index? Then the rest comes from there. */
  arrived(revision: number): boolean;
}

/**
 * One watch of etcd from where the lagging watcher is: resolves when it has arrived, is closed, or the watch broke; and
 * when its turn is over, since what was read for it is memory that others need: the rest is read in a later turn. A turn
 * notifies at least one revision, unless the watcher cannot take it or etcd sends nothing for the time of a request.
 * Rejects with Problem `history-gone` when etcd has forgotten the revision, and EtcdCallError.
 */
export async function catchUp(options: CatchUpOptions, lagging: LaggingWatcher, turn: AbortSignal): Promise<void> {
  const { client, layout, replica, clock, requestTimeout } = options;
  const { closed } = lagging;
  const stop = AbortSignal.any([turn, closed]);
  const endpoint = await client.member(requestTimeout);
  // What is no pair was reported when it was applied.
  const reader = new RevisionReader(layout, () => {});
  let notifying: Promise<void> = Promise.resolve();
  let hasNotified = false;
  let isOver = false;
  let failure: unknown;
  let cancelSilence = () => {};
  const watch = await openWatch(endpoint, layout, lagging.last + 1, (response) => {
    if (isOver) return;
    cancelSilence();
    watch.pause();
    notifying = notifying
      .then(async () => {
        if (await notifyAll(reader.read(response))) return watch.cancel('the watcher has arrived or its turn is over');
        expectMore();
        watch.resume();
      })
      .catch((error: unknown) => {
        failure = error;
        watch.cancel('the watcher failed');
      });
  });
  /** True: the watcher has arrived or is closed, or its turn is over. */
  const notifyAll = async (revisions: readonly Revision[]): Promise<boolean> => {
    for (const revision of revisions) {
      const room = lagging.room();
      if (room !== undefined && !(await settlesBefore(stop, room))) return true;
      if (closed.aborted) return true;
      // A member may be ahead of the index. Then nothing lies between what was told and what is in the index.
      if (revision.revision > replica.applied && lagging.arrived(replica.applied)) return true;
      const taken = lagging.notify(revision);
      hasNotified = true;
      if (taken !== undefined && !(await settlesBefore(stop, taken))) return true;
      if (lagging.arrived(revision.revision) || turn.aborted) return true;
    }
    return false;
  };
  const expectMore = () => {
    cancelSilence();
    // There is more, since the index has it.
    cancelSilence = clock.after(requestTimeout, () => {
      client.avoid(endpoint);
      watch.cancel('etcd brought nothing for a while');
    });
  };
  const stopped = () => {
    if (closed.aborted || hasNotified) watch.cancel('closed, or the turn is over');
  };
  for (const signal of [turn, closed]) signal.addEventListener('abort', stopped);
  if (closed.aborted) stopped();
  expectMore();
  try {
    const end = await watch.ended;
    isOver = true;
    await notifying;
    if (failure !== undefined) throw watchFailed(failure);
    if (end.compactRevision !== undefined) throw historyGone(lagging.last);
    if (end.refused) endpoint.reset();
  } finally {
    cancelSilence();
    for (const signal of [turn, closed]) signal.removeEventListener('abort', stopped);
  }
}

export function historyGone(last: number): Problem {
  return new Problem('history-gone', `What came behind revision ${last} is not known any more.`);
}

/** False: the signal was aborted before the promise resolved. Rejects as the promise does. */
function settlesBefore(signal: AbortSignal, promise: Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(false);
    const done = () => signal.removeEventListener('abort', stop);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(() => resolve(true), reject).finally(done);
  });
}
