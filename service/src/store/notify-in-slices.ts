/** Notifies many watchers of many revisions: in slices, since thousands of watchers and hundreds of revisions take a second. */
import type { Revision } from './store.ts';

/** Milliseconds after which everything else has its turn. */
const sliceTime = 1;
/** Watchers after which the time is looked at. */
const watchersPerLook = 64;

/**
 * Calls `notify` for each watcher and revision, revision by revision. Watchers may come and go meanwhile. Undefined: it is
 * done; else resolves when it is. A writer that waits for it writes no faster than watchers can be told.
 */
export function notifyInSlices<Watcher>(
  watchers: ReadonlySet<Watcher>,
  revisions: readonly Revision[],
  notify: (watcher: Watcher, revision: Revision) => void,
): Promise<void> | undefined {
  const steps = eachOf(watchers, revisions, notify);
  const runSlice = () => {
    const end = performance.now() + sliceTime;
    for (;;) {
      if (steps.next().done) return true;
      if (performance.now() > end) return false;
    }
  };
  return runSlice() ? undefined : finish(runSlice);
}

async function finish(runSlice: () => boolean): Promise<void> {
  do await new Promise(setImmediate);
  while (!runSlice());
}

/** Yields now and then. */
function* eachOf<Watcher>(
  watchers: ReadonlySet<Watcher>,
  revisions: readonly Revision[],
  notify: (watcher: Watcher, revision: Revision) => void,
): Generator<void> {
  let notified = 0;
  for (const revision of revisions) {
    for (const watcher of watchers) {
      notify(watcher, revision);
      if (++notified % watchersPerLook === 0) yield;
    }
  }
}
