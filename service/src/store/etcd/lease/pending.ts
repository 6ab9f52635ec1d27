/** Pending revisions by the keys that they change: a read looks at its keys, however many are pending. */
import type { PendingRevisions, Reads } from './state.ts';

/** Keys that a search looks at one by one; with more of them it waits for the newest revision. */
const mostLooked = 1000;

interface Pending {
  readonly revision: number;
  readonly keys: readonly string[];
}

/** It is changed in place. */
export class PendingKeys implements PendingRevisions {
  /** In order, from `#first` on. */
  #revisions: Pending[] = [];
  #first = 0;
  /** Of each key the newest pending revision that changes it. */
  readonly #newest = new Map<string, number>();

  with(revision: number, keys: readonly string[]): this {
    this.#revisions.push({ revision, keys });
    for (const key of keys) this.#newest.set(key, revision);
    return this;
  }

  behind(revision: number): this {
    let next = this.#revisions[this.#first];
    while (next !== undefined && next.revision <= revision) {
      for (const key of next.keys) if (this.#newest.get(key) === next.revision) this.#newest.delete(key);
      next = this.#revisions[++this.#first];
    }
    // Each entry is moved once for every entry that goes, at the most.
    if (this.#first * 2 >= this.#revisions.length) {
      this.#revisions = this.#revisions.slice(this.#first);
      this.#first = 0;
    }
    return this;
  }

  newest(reads: Reads): number {
    if (this.#newest.size === 0) return 0;
    if (typeof reads === 'string') return this.#newest.get(reads) ?? 0;
    let newest = 0;
    if (typeof reads !== 'function') {
      for (const key of reads) newest = Math.max(newest, this.#newest.get(key) ?? 0);
    } else if (this.#newest.size > mostLooked) newest = this.#revisions.at(-1)?.revision ?? 0;
    else for (const [key, revision] of this.#newest) if (revision > newest && reads(key)) newest = revision;
    return newest;
  }

  revisions(): readonly number[] {
    return this.#revisions.slice(this.#first).map(({ revision }) => revision);
  }
}
