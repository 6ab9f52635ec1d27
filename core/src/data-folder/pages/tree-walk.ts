/** Walks a tree's leaves in the order of their keys, and checks each page on the way. */
import { byBytes, type Compare, childOf, faultOf, keyEnd, keyStart, keysIn, nodeAt, transactionOf } from './nodes.ts';
import { noPage, type PageFile, type Tree } from './page-file.ts';

/** More levels than a file of 2^47 bytes can have. */
const maxDepth = 32;

/** Called for each damaged page; what is below it is left out. */
export type OnDamagedPage = (page: number, fault: string) => void;

export interface WalkOptions {
  readonly pages: PageFile;
  readonly tree: Tree;
  /** No page of the tree is newer than its root's commit, and none lies behind the last page. */
  readonly state: { readonly transaction: number; readonly lastPage: number };
  readonly onDamage: OnDamagedPage;
  /** Of each page that is reached; false: it was reached before, or is free. */
  readonly claim?: (page: number, count: number) => boolean;
  readonly compare?: Compare;
  /** Begins at the leaf that holds the first key from this one on. */
  readonly from?: Buffer | undefined;
}

/** What a walk has met. */
export interface WalkCounts {
  branchPages: number;
  leafPages: number;
}

interface Key {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export class TreeWalk {
  readonly counts: WalkCounts = { branchPages: 0, leafPages: 0 };
  readonly #options: WalkOptions;
  readonly #compare: Compare;
  readonly #leaf: Buffer<ArrayBuffer>;

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#compare = options.compare ?? byBytes;
    this.#leaf = Buffer.allocUnsafe(options.pages.pageSize);
  }

  /** Sound leaf pages; each one's bytes are valid until the next iteration. */
  *leaves(): Iterable<Buffer> {
    const { tree, state, onDamage } = this.#options;
    if (tree.root === noPage) {
      if (tree.entries !== 0) onDamage(0, 'a table has lost its root');
      return;
    }
    if (tree.depth < 1 || tree.depth > maxDepth) return onDamage(tree.root, 'the depth of its tree is damaged');
    yield* this.#below(tree.root, 1, state.transaction, undefined, undefined);
  }

  *#below(
    number: number,
    level: number,
    newest: number,
    lower: Key | undefined,
    upper: Key | undefined,
  ): Iterable<Buffer> {
    const { tree, from } = this.#options;
    const isLeaf = level === tree.depth;
    const page = this.#read(number, isLeaf, newest, lower, upper);
    if (page === undefined) return;
    if (isLeaf) {
      this.counts.leafPages++;
      yield page;
      return;
    }
    this.counts.branchPages++;
    const keys = keysIn(page);
    const keyOf = (index: number) => {
      const node = nodeAt(page, index);
      return { bytes: page, start: keyStart(node), end: keyEnd(page, node) };
    };
    for (let i = 0; i < keys; i++) {
      const next = i + 1 < keys ? keyOf(i + 1) : upper;
      if (
        from !== undefined &&
        next !== undefined &&
        this.#order(next, { bytes: from, start: 0, end: from.length }) <= 0
      ) {
        continue;
      }
      yield* this.#below(
        childOf(page, nodeAt(page, i)),
        level + 1,
        transactionOf(page),
        i === 0 ? lower : keyOf(i),
        next,
      );
    }
  }

  #read(number: number, isLeaf: boolean, newest: number, lower: Key | undefined, upper: Key | undefined) {
    const { pages, state, onDamage, claim } = this.#options;
    const fault = (text: string) => {
      onDamage(number, text);
      return undefined;
    };
    if (number < 2 || number > state.lastPage) return fault('there is no such page');
    if (claim?.(number, 1) === false) return fault('it is in two places');
    const page = isLeaf ? pages.page(number, this.#leaf) : pages.page(number);
    if (page === undefined) return fault('it lies behind the end of the file');
    const found = faultOf(page, number, isLeaf, this.#compare);
    if (found !== undefined) return fault(found);
    // A page is written anew with all those above it.
    if (transactionOf(page) > newest) return fault('it is newer than the page above it');
    const [first, last] = [nodeAt(page, isLeaf ? 0 : 1), nodeAt(page, keysIn(page) - 1)];
    const outside =
      (lower !== undefined &&
        this.#order({ bytes: page, start: keyStart(first), end: keyEnd(page, first) }, lower) < 0) ||
      (upper !== undefined &&
        !(this.#order({ bytes: page, start: keyStart(last), end: keyEnd(page, last) }, upper) < 0));
    return outside ? fault('its keys belong elsewhere') : page;
  }

  #order(a: Key, b: Key): number {
    return this.#compare(a.bytes, a.start, a.end, b.bytes, b.start, b.end);
  }
}
