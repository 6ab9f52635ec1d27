/** When to try again, and when to give up. */
import type { Clock } from '../clock.ts';
import { mayPass, nothingHappened, ServerError } from './server-error.ts';

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds behind the first error after which one that may pass is given up on. */
  readonly retryTime: number;
  /** 0 to 1; spreads clients that were turned away together. */
  readonly random: () => number;
  /** Told before each wait. */
  readonly onWait: (error: Error, ms: number) => void;
}

/** Of a wait that the answer did not ask for: from the first to the longest. */
const firstWait = 100;
const longestWait = 5_000;

/** Milliseconds: a connection that lived for longer worked, however it ended. */
export const settledAfter = 1_000;

/**
 * The action's result, after as many tries as `retryTime` allows. It begins with the first error: a stream may
 * have lived for longer. What may not be repeated is only tried again when the error says that nothing happened.
 * @param action calls `renew` when the store has answered: the time then begins anew with the next error
 * @throws the last error
 */
export async function withRetries<T>(
  action: (renew: () => void) => Promise<T>,
  { repeatable }: { readonly repeatable: boolean },
  { clock, signal, retryTime, random, onWait }: RetryOptions,
): Promise<T> {
  let deadline: number | undefined;
  const renew = (): void => {
    deadline = undefined;
  };
  for (let attempt = 0; ; attempt++) {
    const startedAt = clock.now();
    try {
      return await action(renew);
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error) || !(repeatable || nothingHappened(error))) throw error;
      const now = clock.now();
      // Waits keep growing while streams open and end at once.
      if (deadline === undefined && now - startedAt > settledAfter) attempt = 0;
      deadline ??= now + retryTime;
      const asked = error instanceof ServerError ? error.retryAfter : undefined;
      const wait = asked ?? Math.min(longestWait, firstWait * 2 ** attempt) * (0.5 + random() / 2);
      if (clock.now() + wait > deadline) throw error;
      onWait(error, wait);
      await clock.sleep(wait, signal);
    }
  }
}
