/** Package registries fail now and then: what only downloads is tried again. */

const tries = 3;

/**
 * Does something that loads from a registry, up to three times. It must be able to begin anew after it was cut anywhere.
 * Throws what the last try threw.
 */
export async function retried<T>(what: string, load: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await load();
    } catch (error) {
      if (attempt === tries) throw error;
      const reason = error instanceof Error ? error.message.slice(0, 500) : String(error);
      console.error(`Loading ${what} failed (try ${attempt} of ${tries}): ${reason}`);
    }
  }
}
