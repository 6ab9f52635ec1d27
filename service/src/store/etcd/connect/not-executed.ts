/** Tries that etcd did not execute. */
import type { Clock } from '../../clock.ts';

/** Rejects with `late()` when the action is not done by the deadline. */
export async function within(
  clock: Clock,
  deadline: number,
  late: () => Error,
  action: () => Promise<void>,
): Promise<void> {
  const over = Promise.withResolvers<never>();
  const cancel = clock.after(Math.max(0, deadline - clock.now()), () => over.reject(late()));
  try {
    await Promise.race([action(), over.promise]);
  } finally {
    cancel();
  }
}

/** Nothing was written, and the request may be tried again. */
export class NotExecuted {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}
