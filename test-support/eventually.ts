/** Waiting in tests: a condition is polled until it holds or the deadline, generous for a busy machine, has passed. */

export const deadlineMs = 60_000;
const pollMs = 50;

/**
 * Resolves to the first answer of a check that did not throw.
 * @throws the check's last error once the deadline has passed
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = deadlineMs): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
