/** Notifies a watcher. What it does affects neither the writer nor other watchers. */
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
