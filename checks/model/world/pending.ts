/** Pending revisions as a list that is never changed: worlds share their parts. */
import type { PendingRevisions, Reads } from '../../../service/src/store/etcd/lease/state.ts';

interface Pending {
  readonly revision: number;
  readonly keys: readonly string[];
}

export class PendingList implements PendingRevisions {
  static readonly none = new PendingList([]);
  readonly #all: readonly Pending[];

  constructor(all: readonly Pending[]) {
    this.#all = all;
  }

  with(revision: number, keys: readonly string[]): PendingList {
    return new PendingList([...this.#all, { revision, keys }]);
  }

  behind(revision: number): PendingList {
    return new PendingList(this.#all.filter((each) => each.revision > revision));
  }

  newest(reads: Reads): number {
    return this.#all.findLast(({ keys }) => keys.some((key) => isRead(reads, key)))?.revision ?? 0;
  }

  revisions(): readonly number[] {
    return this.#all.map(({ revision }) => revision);
  }
}

function isRead(reads: Reads, key: string): boolean {
  if (typeof reads === 'function') return reads(key);
  return typeof reads === 'string' ? reads === key : reads.includes(key);
}
