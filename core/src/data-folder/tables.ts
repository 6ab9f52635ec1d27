/** The names of the index's tables in LMDB, and the version of what is in them (ADR 0200). */

/** Rises when the files' layout changes; a directory of another version is refused, or brought up to date. */
export const formatVersion = 2;

/** Each key and each value has a checksum. */
export const tables = {
  meta: 'meta',
  /** Key: sealed value, with the revision as LMDB's version of it. */
  pairs: 'pairs',
  /** Reversed key: nothing. */
  reversed: 'endings',
  /** Key: sealed deadline. */
  deadlineOf: 'deadline-of',
  /** Deadline and key: nothing. */
  byDeadline: 'by-deadline',
} as const;

/** Those of format 1, which had no checksums. */
export const oldTables = {
  pairs: 'forward',
  reversed: 'reversed',
  deadlineOf: 'expiries',
  byDeadline: 'deadlines',
} as const;

/** Hexadecimal digits of a deadline in Unix milliseconds, so that the order of texts is that of time: up to the year 10889. */
export const deadlineDigits = 12;
