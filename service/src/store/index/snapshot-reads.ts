/** Which state of the index is read, and what is still being read of it. */
import type { Transaction } from 'lmdb';

export interface Reads {
  /** For each call of LMDB. Throws when the snapshot is closed. */
  options(): { transaction: Transaction } | undefined;
  /** The items of a range of LMDB. Throws when the snapshot is closed meanwhile. */
  walk<T>(range: Iterable<T>): Iterable<T>;
}

/** Reads of the last commit. */
export const latest: Reads = {
  options: () => undefined,
  walk: (range) => range,
};

/** Reads of one snapshot. Whatever LMDB reads after its transaction or environment is closed crashes the process. */
export class SnapshotReads implements Reads {
  readonly #transaction: Transaction;
  readonly #ranges = new Set<Iterator<unknown>>();
  #closed = false;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  options(): { transaction: Transaction } {
    if (this.#closed) throw new Error('The snapshot is closed.');
    return { transaction: this.#transaction };
  }

  *walk<T>(range: Iterable<T>): Iterable<T> {
    const iterator = range[Symbol.iterator]();
    this.#ranges.add(iterator);
    try {
      for (;;) {
        if (this.#closed) throw new Error('The snapshot is closed.');
        const next = iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      if (this.#ranges.delete(iterator)) iterator.return?.();
    }
  }

  close(): void {
    this.#closed = true;
    for (const iterator of this.#ranges) iterator.return?.();
    this.#ranges.clear();
    this.#transaction.done();
  }
}
