/** Notifies a watcher. What it does affects neither the writer nor other watchers. */
import { Problem } from '@kvstore/core/problem.ts';

/**
 * `failed` gets a Problem `internal`, when the watcher throws or rejects. Undefined: the watcher has taken it, or failed;
 * else resolves when it has.
 */
export function notifyWatcher(
  watcher: () => Promise<void> | void,
  failed: (problem: Problem) => void,
): Promise<void> | undefined {
  try {
    const taking = watcher();
    if (taking instanceof Promise) return taking.catch((cause: unknown) => failed(watchFailed(cause)));
  } catch (cause) {
    failed(watchFailed(cause));
  }
  return undefined;
}

export function watchFailed(cause: unknown): Problem {
  return new Problem('internal', 'The watch failed.', { cause });
}
