/** Sends a watcher what it has missed, from etcd's own history. */
import { Problem } from '@kvstore/core/problem.ts';
import { type Clock, pause } from '../../clock.ts';
import { watchFailed } from '../../notify-watchers.ts';
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
  /** True: others wait to catch up, and what was read for this one is in their way. */
  isInTheWay(): boolean;
  /** Sends the watcher a revision; resolves when the next may come. */
  notify(revision: Revision): Promise<void> | void;
  /** Everything up to this revision was told: is that all that is in the index? Then the rest comes from there. */
  arrived(revision: number): boolean;
}

/** Milliseconds that a client may take nothing while others wait. */
const patience = 500;

/**
 * One watch of etcd from where the lagging watcher is: resolves when it has arrived, is closed, or the watch broke; and
 * when its client takes nothing while others wait, since what was read for it is memory: it is read again later.
 * Rejects with Problem `history-gone` when etcd has forgotten the revision, and EtcdCallError.
 */
export async function catchUp(options: CatchUpOptions, lagging: LaggingWatcher): Promise<void> {
  const { client, layout, replica, clock, requestTimeout } = options;
  const endpoint = await client.member(requestTimeout);
  // What is no pair was reported when it was applied.
  const reader = new RevisionReader(layout, () => {});
  let told: Promise<void> = Promise.resolve();
  let failure: unknown;
  let cancelSilence = () => {};
  const watch = await openWatch(endpoint, layout, lagging.last + 1, (response) => {
    cancelSilence();
    watch.pause();
    told = told
      .then(async () => {
        if (await tellAll(reader.read(response))) return watch.cancel('arrived');
        expectMore();
        watch.resume();
      })
      .catch((error: unknown) => {
        failure = error;
        watch.cancel('the watcher failed');
      });
  });
  /** True: the watcher has arrived, or is closed. */
  const tellAll = async (revisions: readonly Revision[]): Promise<boolean> => {
    for (const revision of revisions) {
      const room = lagging.room();
      if (room !== undefined && !(await waited(room))) return true;
      if (lagging.closed.aborted) return true;
      // A member may be ahead of the index. Then nothing lies between what was told and what is in the index.
      if (revision.revision > replica.applied && lagging.arrived(replica.applied)) return true;
      await lagging.notify(revision);
      if (lagging.arrived(revision.revision)) return true;
    }
    return false;
  };
  /** False: others need what it holds. */
  const waited = async (room: Promise<void>): Promise<boolean> => {
    let hasRoom = false;
    const done = room.then(() => {
      hasRoom = true;
    });
    while (!hasRoom && !lagging.closed.aborted) {
      const looking = new AbortController();
      await Promise.race([done, pause(clock, patience, AbortSignal.any([looking.signal, lagging.closed]))]);
      looking.abort();
      if (!hasRoom && lagging.isInTheWay()) return false;
    }
    return true;
  };
  const expectMore = () => {
    cancelSilence();
    // There is more, since the index has it.
    cancelSilence = clock.after(requestTimeout, () => {
      client.avoid(endpoint);
      watch.cancel('etcd brought nothing for a while');
    });
  };
  const close = () => watch.cancel('closed');
  lagging.closed.addEventListener('abort', close);
  if (lagging.closed.aborted) close();
  expectMore();
  try {
    const end = await watch.ended;
    await told;
    if (failure !== undefined) throw watchFailed(failure);
    if (end.compactRevision !== undefined) {
      const message = `What came behind revision ${lagging.last} is not known any more.`;
      throw new Problem('history-gone', message);
    }
    if (end.refused) endpoint.reset();
  } finally {
    cancelSilence();
    lagging.closed.removeEventListener('abort', close);
  }
}
