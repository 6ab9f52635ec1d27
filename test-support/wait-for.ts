/** Waits for a condition by looking again and again: no test sleeps a fixed time. */

/**
 * Resolves with the first result that is neither undefined nor false. A rejection counts as "not yet", and says what was
 * seen instead. Throws after `timeout` milliseconds, which is plenty for a busy machine.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeout = 60_000, interval = 20 } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    let cause: unknown;
    try {
      const result = await condition();
      if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
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
