/** Waits for a condition by looking again and again: no test sleeps a fixed time. */

/** Whether it is so, or what is there. No number: 0 could be found, or be nothing. */
type Found = boolean | object | string | null | undefined;
/** With which the wait goes on. */
type Nothing = false | '' | null | undefined;

/**
 * Resolves with the first result that is true or something. A rejection counts as "not yet", and says what was seen instead.
 * Throws after `timeout` milliseconds, which is plenty for a busy machine.
 */
export async function waitFor<T extends Found>(
  what: string,
  condition: () => T | Promise<T>,
  { timeout = 60_000, interval = 20 } = {},
): Promise<Exclude<T, Nothing>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    let cause: unknown;
    try {
      const result: T = await condition();
      if (result) return result as Exclude<T, Nothing>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const last = cause === undefined ? '' : `; last: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new Error(`${what}: not within ${timeout} ms${last}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
