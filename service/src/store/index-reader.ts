/** The reads of a store: its index's. */
import type { KeyIndex } from './key-index.ts';
import type { ChangeListener, Entry, KeyFilter, Reader, Snapshot, VersionedPair } from './store.ts';

export class IndexReader implements Reader {
  protected readonly index: KeyIndex;

  constructor(index: KeyIndex) {
    this.index = index;
  }

  get(key: string): Entry | undefined {
    return this.index.get(key);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return this.index.keys(filter);
  }

  search(filter: KeyFilter): Iterable<string | undefined> {
    return this.index.search(filter);
  }

  few(by: 'prefix' | 'suffix', text: string, most: number): string[] | undefined {
    return this.index.few(by, text, most);
  }

  pairs(filter: KeyFilter): Iterable<VersionedPair> {
    return this.index.pairs(filter);
  }

  expires(key: string): number | undefined {
    return this.index.expires(key);
  }

  lastExpired(): number | undefined {
    return this.index.lastExpired();
  }

  timeline(): string {
    return this.index.timeline;
  }

  revision(): number {
    return this.index.revision();
  }

  snapshot(): Snapshot {
    return this.index.snapshot();
  }

  listen(listener: ChangeListener): void {
    this.index.listen(listener);
  }
}
