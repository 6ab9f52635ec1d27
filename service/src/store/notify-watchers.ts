/** Telling a watcher: what it does with it is its own affair, and not that of whoever wrote or of other watchers. */
import { Problem } from '@kvstore/core/problem.ts';

/** `failed` gets a Problem `internal`, when the watcher throws or rejects. */
export function notify(watcher: () => Promise<void> | void, failed: (problem: Problem) => void): void {
  try {
    const told = watcher();
    if (told instanceof Promise) told.catch((cause: unknown) => failed(watchFailed(cause)));
  } catch (cause) {
    failed(watchFailed(cause));
  }
}

export function watchFailed(cause: unknown): Problem {
  return new Problem('internal', 'The watch failed.', { cause });
}
