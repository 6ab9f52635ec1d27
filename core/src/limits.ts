/** Limits that more than one program names. Those of a key are in key.ts. */

/** Seconds of a time to live: ten years. */
export const maxTtl = 3650 * 24 * 3600;
