/** What may be done in a transaction of the index. */
import type { Entry } from '../store.ts';

/** Writes inside a transaction; they and their effects are seen by everyone at once, or never. */
export interface IndexWriter {
  /** Throws Problem `data-corrupted`. */
  get(key: string): Entry | undefined;
  /** As `get`, but never looks at the value: a damaged one can be removed. */
  has(key: string): boolean;
  /** Is the key's time over, and the key still there? */
  hasExpired(key: string): boolean;
  /** As Reader.expires. */
  expires(key: string): number | undefined;
  /** `expires`: Unix milliseconds from which on no read shows the key; undefined: it stays. */
  put(key: string, value: string, revision: number, expires?: number): void;
  remove(key: string): void;
  setRevision(revision: number): void;
  setMeta(name: string, value: string): void;
  /** Keeps the timeline's name for the next process; reads carry it after KeyIndex.enterTimeline. */
  setTimeline(name: string): void;
}
