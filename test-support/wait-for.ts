/** Waits for a condition by looking again and again: no test sleeps a fixed time. */

/**
 * Resolves with the first result that is neither undefined nor false. A rejection counts as "not yet".
 * Throws after `timeout` milliseconds, with the last error as its cause.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeout = 30_000, interval = 20 } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeout;
  let cause: unknown;
  for (;;) {
    try {
      const result = await condition();
      if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeout} ms`, { cause });
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
