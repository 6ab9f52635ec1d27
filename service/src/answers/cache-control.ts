/**
 * What caches on the way may do with an answer (RFC 9111, 5.2.2). Without a word from the server many of them keep a 200
 * for some time and give it to other clients.
 */

/** May be kept, but is asked about each time, by its entity tag. */
export const revalidated = ['Cache-Control', 'no-cache'] as const;

/** For what is of this moment alone: problems, writes, probes, metrics. */
export const notStored = ['Cache-Control', 'no-store'] as const;

/** Of reads. What needs a token is for one client alone. */
export function readCaching({ needsToken }: { readonly needsToken: boolean }): readonly string[] {
  return needsToken ? ['Cache-Control', 'private, no-cache'] : revalidated;
}
