/** The reads of a store: its index's. */
import type {
  ChangeListener,
  Entry,
  KeyFilter,
  Reader,
  SearchFilter,
  Snapshot,
  Turn,
  VersionedPair,
} from '../store.ts';
import type { KeyIndex } from './key-index.ts';

export class IndexReader implements Reader {
  protected readonly index: KeyIndex;

  constructor(index: KeyIndex) {
    this.index = index;
  }

  get(key: string): Entry | undefined {
    return this.readable().get(key);
  }

  keys(filter: KeyFilter): Iterable<string> {
    return this.readable().keys(filter);
  }

  search(filter: SearchFilter, turn?: Turn): Iterable<string | undefined> {
    return this.readable().search(filter, turn);
  }

  searchBounded(by: 'prefix' | 'suffix', text: string, most: number): string[] | undefined {
    return this.readable().searchBounded(by, text, most);
  }

  pairs(filter: KeyFilter): Iterable<VersionedPair> {
    return this.readable().pairs(filter);
  }

  expires(key: string): number | undefined {
    return this.readable().expires(key);
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
    return this.readable().snapshot();
  }

  listen(listener: ChangeListener): void {
    this.index.listen(listener);
  }

  /** The index, where it can be read. Throws a Problem while it holds less than it should. */
  protected readable(): KeyIndex {
    return this.index;
  }
}
