/** Checks the structure of a whole data file: every page that LMDB may look at, but not what values are stored. */
import { oldTables, tables } from '../tables.ts';
import { byNumber, flagsOf, keyEnd, keyStart, keysIn, nodeAt, nodeFlags, valueBytes } from './nodes.ts';
import {
  type DataState,
  headerBytes,
  noPage,
  numberAt,
  type PageFile,
  pageFlags,
  type Tree,
  treeAt,
} from './page-file.ts';
import { type OnDamagedPage, TreeWalk } from './tree-walk.ts';

/** lmdb's own flag of a table whose values have versions. */
const versionFlag = 0x100;
/** Bytes of a table's record (MDB_db). */
const recordBytes = 48;

export interface CheckOptions {
  readonly pages: PageFile;
  readonly state: DataState;
  readonly onDamage: (table: string, page: number, fault: string) => void;
}

/** Stands for a table in what is said of damage. */
export const freePages = 'free pages';

/** What leads to a page: nothing, its tree, a list of free pages. */
export const pageUse = { none: 0, inUse: 1, free: 2 } as const;

export interface CheckedPages {
  /** The tables that were found, by name. */
  readonly tables: ReadonlyMap<string, Tree>;
  /** Of each page, one of `pageUse`. */
  readonly used: Uint8Array;
}

/** Calls `onDamage` for all that is wrong. */
export function checkPages({ pages, state, onDamage }: CheckOptions): CheckedPages {
  const used = new Uint8Array(state.lastPage + 1);
  const claimFor = (use: number) => (first: number, count: number) => {
    if (first < 2 || first + count > used.length) return false;
    for (let page = first; page < first + count; page++) {
      if (used[page] !== 0) return false;
      used[page] = use;
    }
    return true;
  };
  const claim = claimFor(pageUse.inUse);
  const check = (name: string, tree: Tree, visit?: (page: Buffer) => void, compare?: typeof byNumber) => {
    const onPage: OnDamagedPage = (page, fault) => onDamage(name, page, fault);
    const walk = new TreeWalk({ pages, tree, state, claim, onDamage: onPage, ...(compare ? { compare } : {}) });
    let entries = 0;
    let overflow = 0;
    for (const page of walk.leaves()) {
      entries += keysIn(page);
      overflow += checkOverflow({ pages, page, claim, onPage, newest: state.transaction });
      visit?.(page);
    }
    const { branchPages, leafPages } = walk.counts;
    const fits =
      entries === tree.entries &&
      branchPages === tree.branchPages &&
      leafPages === tree.leafPages &&
      overflow === tree.overflowPages;
    if (!fits) onDamage(name, tree.root, 'there are more or fewer pages or keys than were written');
  };
  // First, so that a page that is free and in use is found where it is used.
  check(
    freePages,
    state.freePages,
    (page) => claimFree(pages, page, claimFor(pageUse.free), (number, fault) => onDamage(freePages, number, fault)),
    byNumber,
  );
  const found = new Map<string, Tree>();
  check('tables', state.names, (page) => {
    for (let i = 0; i < keysIn(page); i++) {
      const node = nodeAt(page, i);
      const end = keyEnd(page, node);
      const name = page.toString('utf8', keyStart(node), end).replace(/\0$/, '');
      if (flagsOf(page, node) !== nodeFlags.tree || valueBytes(page, node) !== recordBytes) {
        onDamage('tables', numberAt(page, 0), `the table ${JSON.stringify(name)} is damaged`);
        continue;
      }
      const tree = treeAt(page, end);
      const flags = name === tables.pairs || name === oldTables.pairs ? versionFlag : 0;
      if (tree.flags !== flags) onDamage('tables', numberAt(page, 0), `the table ${JSON.stringify(name)} is damaged`);
      else found.set(name, tree);
    }
  });
  // Every commit writes this page anew: another one is what an older commit has left.
  const root = state.names.root === noPage ? undefined : pages.page(state.names.root);
  if (root !== undefined && numberAt(root, 8) !== state.transaction) {
    onDamage('tables', state.names.root, 'it is not that of the newest commit');
  }
  for (const [name, tree] of found) check(name, tree);
  return { tables: found, used };
}

interface Overflow {
  readonly pages: PageFile;
  readonly page: Buffer;
  readonly claim: (first: number, count: number) => boolean;
  readonly onPage: OnDamagedPage;
  readonly newest: number;
}

/** Looks at the heads of the pages that hold a leaf's large values; returns how many there are. */
function checkOverflow({ pages, page, claim, onPage, newest }: Overflow): number {
  let total = 0;
  for (let i = 0; i < keysIn(page); i++) {
    const node = nodeAt(page, i);
    if (flagsOf(page, node) !== nodeFlags.overflow) continue;
    const place = keyEnd(page, node);
    const [first, count] = [numberAt(page, place), numberAt(page, place + 16)];
    const needed = Math.floor((headerBytes - 1 + valueBytes(page, node)) / pages.pageSize) + 1;
    total += count;
    // A value that is written again in its transaction stays in its pages, also when fewer would do.
    if (count < needed || !claim(first, count)) {
      onPage(first, 'the place of a large value is damaged');
      continue;
    }
    const head = pages.bytes(first * pages.pageSize, Buffer.allocUnsafe(headerBytes));
    const isEnd = (first + count) * pages.pageSize <= pages.size;
    const sound =
      head !== undefined &&
      isEnd &&
      numberAt(head, 0) === first &&
      numberAt(head, 8) <= newest &&
      head.readUInt16LE(18) === pageFlags.overflow &&
      head.readUInt32LE(20) === count;
    if (!sound) onPage(first, 'the first page of a large value is damaged');
  }
  return total;
}

/**
 * The pages that a record lists as free. lmdb's own kind of list: how many entries there are, then each an empty one (0),
 * a page, or a run of pages: its negative length and its first page.
 */
function claimFree(
  pages: PageFile,
  page: Buffer,
  claim: (first: number, count: number) => boolean,
  onPage: OnDamagedPage,
): void {
  for (let i = 0; i < keysIn(page); i++) {
    const node = nodeAt(page, i);
    const length = valueBytes(page, node);
    const place = keyEnd(page, node);
    const list =
      flagsOf(page, node) === nodeFlags.overflow
        ? pages.bytes(numberAt(page, place) * pages.pageSize + headerBytes, Buffer.allocUnsafe(length))
        : page.subarray(place, place + length);
    if (list === undefined || !claimList(list, claim)) onPage(numberAt(page, 0), 'a list of free pages is damaged');
  }
}

function claimList(list: Buffer, claim: (first: number, count: number) => boolean): boolean {
  const count = list.length < 8 ? -1 : numberAt(list, 0);
  if (count < 0 || list.length < 8 * (count + 1)) return false;
  for (let i = 1; i <= count; i++) {
    // As signed 64 bits: a length is small.
    const entry = list.readUInt32LE(8 * i) + list.readInt32LE(8 * i + 4) * 0x1_0000_0000;
    if (entry === 0) continue;
    if (entry > 0) {
      if (!claim(entry, 1)) return false;
      continue;
    }
    if (++i > count || !claim(numberAt(list, 8 * i), -entry)) return false;
  }
  return true;
}
