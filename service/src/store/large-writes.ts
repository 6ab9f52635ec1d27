/** Which writes are large, in either store: small ones that wait do not wait behind all of these. */

/** Characters (bytes, where they are counted) of a write from which on it is large, those that its keys count included. */
export const largeWrite = 64 * 1024;

/**
 * Characters that a key counts beside its own. To write or remove one takes as long as a thousand of a value, and a flush as
 * long as thousands of keys: 4,000 of them, or 12 ms, share one.
 */
export const keyCost = 250;
