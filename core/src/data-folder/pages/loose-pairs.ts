/** Sound pairs in pages that nothing leads to any more: their checksums say that they are whole. */
import { pageUse } from './check-pages.ts';
import { byBytes, faultOf, keyEnd, keysIn } from './nodes.ts';
import { headerBytes, type PageFile, pageFlags } from './page-file.ts';
import { deadlineAt, pairAt, type StoredPair } from './stored-pairs.ts';

export interface LoosePages {
  readonly pages: PageFile;
  /** Of each page, what leads to it: what is in free ones is out of date. */
  readonly used: Uint8Array;
  /** Pages that something leads to, and that are damaged. */
  readonly damaged: ReadonlySet<number>;
}

type Loose = StoredPair & { readonly key: string; readonly value: string };

export function* loosePairs(options: LoosePages): Iterable<Loose> {
  for (const [page, node] of looseNodes(options)) {
    const pair = pairAt(options.pages, page, node);
    if (pair.key !== undefined && pair.value !== undefined) yield { ...pair, key: pair.key, value: pair.value };
  }
}

/** Keys and their deadlines in Unix milliseconds, from such pages. */
export function* looseDeadlines(options: LoosePages): Iterable<[string, number]> {
  for (const [page, node] of looseNodes(options)) {
    const [key, deadline] = deadlineAt(options.pages, page, node);
    if (key !== undefined && deadline !== undefined) yield [key, deadline];
  }
}

/** Whatever a page's head says: a place in it is taken for a node when what is there is sealed. */
function* looseNodes({ pages, used, damaged }: LoosePages): Iterable<[Buffer, number]> {
  const buffer = Buffer.allocUnsafe(pages.pageSize);
  for (let number = 2; number < used.length; number++) {
    const use = used[number];
    if (use === pageUse.free || (use === pageUse.inUse && !damaged.has(number))) continue;
    const page = pages.page(number, buffer);
    if (page === undefined) return;
    // The flags of a damaged page may be what is damaged.
    if (page.readUInt16LE(18) !== pageFlags.leaf && !damaged.has(number)) continue;
    // Behind its nodes a page still holds what was deleted from it: that is looked at only where nothing says what is.
    const isSound = faultOf(page, number, true, byBytes) === undefined;
    const end = isSound ? headerBytes + 2 * keysIn(page) : page.length;
    for (let slot = headerBytes; slot + 2 <= end; slot += 2) {
      const node = headerBytes + page.readUInt16LE(slot);
      if (node > slot && node + 8 <= page.length && keyEnd(page, node) <= page.length) yield [page, node];
    }
  }
}
