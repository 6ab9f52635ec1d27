/** What is in a branch or leaf page (MDB_page, MDB_node of liblmdb's mdb.c), and whether it can be. */
import { headerBytes, numberAt, pageFlags } from './page-file.ts';

/** Bytes of a node's head. */
const nodeBytes = 8;
/** Bytes that stand for a value in pages of its own (MDB_ovpage). */
const overflowBytes = 24;

export const nodeFlags = { overflow: 1, tree: 2 } as const;

export type Compare = (a: Buffer, aStart: number, aEnd: number, b: Buffer, bStart: number, bEnd: number) => number;

/** The order of keys in all tables but that of free pages. */
export const byBytes: Compare = (a, aStart, aEnd, b, bStart, bEnd) => {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
};

/** The order of free pages' keys, which are numbers of transactions. */
export const byNumber: Compare = (a, aStart, aEnd, b, bStart, bEnd) =>
  aEnd - aStart === 8 && bEnd - bStart === 8 ? numberAt(a, aStart) - numberAt(b, bStart) : Number.NaN;

export function keysIn(page: Buffer): number {
  return page.readUInt16LE(20) >> 1;
}

/** The position of a node in its page. */
export function nodeAt(page: Buffer, index: number): number {
  return headerBytes + page.readUInt16LE(headerBytes + 2 * index);
}

export function keyStart(node: number): number {
  return node + nodeBytes;
}

export function keyEnd(page: Buffer, node: number): number {
  return node + nodeBytes + page.readUInt16LE(node + 6);
}

export function flagsOf(page: Buffer, node: number): number {
  return page.readUInt16LE(node + 4);
}

/** Of a leaf: bytes of the value, wherever it is. */
export function valueBytes(page: Buffer, node: number): number {
  return page.readUInt32LE(node);
}

/** Of a branch: the page below. */
export function childOf(page: Buffer, node: number): number {
  return page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 0x1_0000_0000;
}

/** The page's transaction. */
export function transactionOf(page: Buffer): number {
  return numberAt(page, 8);
}

/** Undefined: the page can be one of this kind, else why not. */
export function faultOf(page: Buffer, number: number, isLeaf: boolean, compare: Compare): string | undefined {
  if (numberAt(page, 0) !== number) return 'it is another page';
  if (page.readUInt16LE(18) !== (isLeaf ? pageFlags.leaf : pageFlags.branch)) return 'it is no page of its kind';
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
  const room = page.length - headerBytes;
  const keys = lower >> 1;
  if (lower % 2 !== 0 || lower > upper || upper > room || keys < (isLeaf ? 1 : 2)) return 'its head is damaged';
  let used = 0;
  let before = -1;
  for (let i = 0; i < keys; i++) {
    const node = nodeAt(page, i);
    if (node < headerBytes + upper || node + nodeBytes > page.length || node % 2 !== 0) return 'its order is damaged';
    const flags = page.readUInt16LE(node + 4);
    if (isLeaf && flags !== 0 && flags !== nodeFlags.overflow && flags !== nodeFlags.tree) return 'a node is damaged';
    const held = isLeaf ? (flags === nodeFlags.overflow ? overflowBytes : page.readUInt32LE(node)) : 0;
    const end = keyEnd(page, node) + held;
    if (end > page.length) return 'a node is damaged';
    used += (end - node + 1) & ~1;
    const first = isLeaf ? 0 : 1;
    // The first key of a branch stands for all that come before the second.
    if (i > first) {
      const order = compare(page, keyStart(before), keyEnd(page, before), page, keyStart(node), keyEnd(page, node));
      if (!(order < 0)) return 'its keys are not in order';
    }
    before = node;
  }
  return used === room - upper ? undefined : 'its nodes overlap or have holes';
}
