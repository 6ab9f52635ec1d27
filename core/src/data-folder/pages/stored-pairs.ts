/** Pairs, deadlines and keys as they are in leaf pages, each with a verdict: is it what was written? */
import { parseKey } from '../../key.ts';
import { crcOfKey } from '../checksum.ts';
import { damagedKey, keyCodec, type reversedCodec } from '../key-codec.ts';
import { type Kind, kindOf, kinds, sealBytes, unseal } from '../seal.ts';
import { flagsOf, keyEnd, keyStart, keysIn, nodeAt, nodeFlags, valueBytes } from './nodes.ts';
import { type DataState, headerBytes, numberAt, type PageFile, type Tree } from './page-file.ts';
import { TreeWalk } from './tree-walk.ts';

export interface StoredPair {
  /** Undefined: it is damaged. */
  readonly key: string | undefined;
  /** Undefined: it is damaged. JSON text. */
  readonly value: string | undefined;
  readonly version: number;
  /** It has a deadline in the table of deadlines. */
  readonly isPassing: boolean;
}

export interface TableOptions {
  readonly pages: PageFile;
  readonly state: DataState;
  readonly tree: Tree | undefined;
}

/** Bytes of the revision before a value. */
const versionBytes = 8;

/** A table's sound leaf pages; damaged ones are left out. */
export function* leavesOf({ pages, state, tree }: TableOptions): Iterable<Buffer> {
  if (tree !== undefined) yield* new TreeWalk({ pages, state, tree, onDamage: () => {} }).leaves();
}

/** The pairs of a format that has checksums. */
export function* storedPairs(options: TableOptions): Iterable<StoredPair> {
  for (const page of leavesOf(options)) {
    for (let i = 0; i < keysIn(page); i++) yield pairAt(options.pages, page, nodeAt(page, i));
  }
}

/** A node whose place in the page is sound. */
export function pairAt(pages: PageFile, page: Buffer, node: number): StoredPair {
  const key = keyCodec.readKey(page, keyStart(node), keyEnd(page, node));
  const stored = valueAt(pages, page, node);
  if (key === damagedKey || stored === undefined || stored.length < versionBytes + sealBytes) {
    return { key: key === damagedKey ? undefined : key, value: undefined, version: 0, isPassing: false };
  }
  const version = stored.readDoubleLE(0);
  const sealed = stored.subarray(versionBytes);
  const kind: Kind | undefined = kindOf(crcOfKey(key), sealed, sealed.length, version);
  const isPair = kind === kinds.pair || kind === kinds.passingPair;
  const value = isPair ? sealed.toString('utf8', sealBytes) : undefined;
  return { key, value, version, isPassing: kind === kinds.passingPair };
}

/** Those of format 1: nothing says whether they are what was written, but what is no JSON or no key is not. */
export function* oldPairs(options: TableOptions): Iterable<StoredPair> {
  for (const page of leavesOf(options)) {
    for (let i = 0; i < keysIn(page); i++) {
      const node = nodeAt(page, i);
      const stored = valueAt(options.pages, page, node);
      const version = stored === undefined || stored.length < versionBytes ? Number.NaN : stored.readDoubleLE(0);
      yield {
        key: textOf(page.subarray(keyStart(node), keyEnd(page, node)), parseKey),
        value: Number.isSafeInteger(version) ? textOf(stored?.subarray(versionBytes), JSON.parse) : undefined,
        version,
        isPassing: false,
      };
    }
  }
}

/** Those of format 1 that can be what was written. */
export function* oldDeadlines(options: TableOptions): Iterable<[string, number]> {
  for (const page of leavesOf(options)) {
    for (let i = 0; i < keysIn(page); i++) {
      const node = nodeAt(page, i);
      const key = textOf(page.subarray(keyStart(node), keyEnd(page, node)), parseKey);
      const deadline = textOf(valueAt(options.pages, page, node), JSON.parse);
      if (key !== undefined && deadline !== undefined && /^\d{1,16}$/.test(deadline)) yield [key, Number(deadline)];
    }
  }
}

/** Keys and their deadlines in Unix milliseconds; undefined: damaged. */
export function* storedDeadlines(options: TableOptions): Iterable<[string | undefined, number | undefined]> {
  for (const page of leavesOf(options)) {
    for (let i = 0; i < keysIn(page); i++) yield deadlineAt(options.pages, page, nodeAt(page, i));
  }
}

/** A node whose place in the page is sound. */
export function deadlineAt(pages: PageFile, page: Buffer, node: number): [string | undefined, number | undefined] {
  const key = keyCodec.readKey(page, keyStart(node), keyEnd(page, node));
  if (key === damagedKey) return [undefined, undefined];
  const stored = valueAt(pages, page, node);
  const deadline = stored === undefined ? undefined : unseal(kinds.deadline, key, stored);
  return [key, deadline === undefined ? undefined : Number(deadline)];
}

/** Keys of a table without values; undefined: damaged. */
export function* storedKeys(options: TableOptions, codec: typeof reversedCodec): Iterable<string | undefined> {
  for (const page of leavesOf(options)) {
    for (let i = 0; i < keysIn(page); i++) {
      const node = nodeAt(page, i);
      const key = codec.readKey(page, keyStart(node), keyEnd(page, node));
      yield key === damagedKey ? undefined : key;
    }
  }
}

/** Undefined: the pages that hold it cannot be read. */
export function valueAt(pages: PageFile, page: Buffer, node: number): Buffer | undefined {
  const [place, length] = [keyEnd(page, node), valueBytes(page, node)];
  if (flagsOf(page, node) !== nodeFlags.overflow) {
    return place + length <= page.length ? page.subarray(place, place + length) : undefined;
  }
  const position = numberAt(page, place) * pages.pageSize + headerBytes;
  return position + length <= pages.size ? pages.bytes(position, Buffer.allocUnsafe(length)) : undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(bytes: Buffer | undefined, check: (text: string) => unknown): string | undefined {
  try {
    const text = utf8.decode(bytes);
    check(text);
    return text;
  } catch {
    return undefined;
  }
}
