/**
 * Reads the pages of LMDB's data file without LMDB, which ends the process when it meets a damaged one. Nothing is ever
 * written. The layout is that of liblmdb's mdb.c (MDB_page, MDB_meta, MDB_db), data version 2, 64 bits, little-endian.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Thrown where the file cannot be what LMDB wrote. The message says what is wrong, and where. */
export class DamagedData extends Error {
  override readonly name = 'DamagedData';
}

/** Bytes of a page's header. */
export const headerBytes = 24;

export const pageFlags = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;

/** One B+tree: MDB_db. */
export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** `noPage`: it is empty. */
  readonly root: number;
}

/** A state of the file, as a commit left it. */
export interface DataState {
  /** The number of the commit. */
  readonly transaction: number;
  readonly lastPage: number;
  readonly freePages: Tree;
  /** The trees of all tables, by name. */
  readonly names: Tree;
}

export const noPage = -1;

const at = { magic: 24, version: 28, mapSize: 40, pageSize: 48, free: 48, main: 96, lastPage: 144, transaction: 152 };
const metaBytes = 168;
const magic = 0xbeefc0de;
const dataVersion = 2;
/** MDB_INTEGERKEY: the tree of free pages has it, and no other flag is in use. */
const numberKeys = 8;
/** Bytes that a map into memory can have on the platforms there are. */
const maxMap = 2 ** 47;

export interface PageFileOptions {
  /** Taken where both meta pages, which say it, are lost. */
  readonly pageSize?: number;
  /** Called before each read: may take its time. */
  readonly onRead?: () => void;
}

export class PageFile {
  readonly pageSize: number;
  readonly #descriptor: number;
  readonly #onRead: () => void;

  /** Throws DamagedData, or what the file system says. The caller closes it. */
  constructor(directory: string, { pageSize, onRead = () => {} }: PageFileOptions = {}) {
    this.#onRead = onRead;
    this.#descriptor = openSync(join(directory, 'data.mdb'), 'r');
    try {
      this.pageSize = this.#findPageSize() ?? pageSize ?? unknownFile();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Bytes of the file. */
  get size(): number {
    return fstatSync(this.#descriptor).size;
  }

  /** A page's bytes; undefined: the file ends before. */
  page(number: number, into = Buffer.allocUnsafe(this.pageSize)): Buffer | undefined {
    return this.bytes(number * this.pageSize, into);
  }

  /** Fills the buffer from a position of the file; undefined: the file ends before. */
  bytes(position: number, into: Buffer): Buffer | undefined {
    this.#onRead();
    return readSync(this.#descriptor, into, 0, into.length, position) === into.length ? into : undefined;
  }

  /** The newest state, as LMDB would choose it. Throws DamagedData when its two meta pages cannot be those of one file. */
  newest(): DataState {
    const [first, second] = [this.#state(0), this.#state(1)];
    const [newer, older] = first.transaction > second.transaction ? [first, second] : [second, first];
    // Commits take turns between the two pages: even numbers are in the first, odd ones in the second.
    const inTurn = newer.transaction === older.transaction + 1 && newer === (newer.transaction % 2 ? second : first);
    if (!inTurn && newer.transaction !== 0) {
      throw new DamagedData(`its meta pages do not belong together (${first.transaction}, ${second.transaction})`);
    }
    return newer;
  }

  /** Both states, the newest first, as far as they can be read: for what goes on after damage. */
  states(): DataState[] {
    const states: DataState[] = [];
    for (const page of [0, 1]) {
      try {
        states.push(this.#state(page));
      } catch {
        // Damaged: the other one may do.
      }
    }
    return states.sort((a, b) => b.transaction - a.transaction);
  }

  #findPageSize(): number | undefined {
    // One of the two meta pages is enough to know it: the second begins at a page's size.
    for (const size of [0, 4096, 8192, 16_384, 32_768, 65_536]) {
      const meta = this.bytes(size, Buffer.alloc(metaBytes));
      if (meta === undefined || !isMeta(meta)) continue;
      const pageSize = meta.readUInt32LE(at.pageSize);
      if (isPageSize(pageSize) && (size === 0 || size === pageSize)) return pageSize;
    }
    return undefined;
  }

  #state(page: number): DataState {
    const meta = this.bytes(page * this.pageSize, Buffer.alloc(metaBytes));
    const which = page === 0 ? 'first' : 'second';
    if (meta === undefined || !isMeta(meta)) throw new DamagedData(`its ${which} page is damaged or lost`);
    const [transaction, lastPage, mapSize] = [at.transaction, at.lastPage, at.mapSize].map((offset) =>
      numberAt(meta, offset),
    ) as [number, number, number];
    if (
      meta.readUInt32LE(at.pageSize) !== this.pageSize ||
      mapSize > maxMap ||
      mapSize < (lastPage + 1) * this.pageSize ||
      !Number.isSafeInteger(transaction)
    ) {
      throw new DamagedData(`its ${which} page is damaged`);
    }
    const [freePages, names] = [treeAt(meta, at.free), treeAt(meta, at.main)];
    if (freePages.flags !== numberKeys || names.flags !== 0) throw new DamagedData(`its ${which} page is damaged`);
    return { transaction, lastPage, freePages, names };
  }
}

function unknownFile(): never {
  throw new DamagedData('it is no file of this service, or its beginning is lost');
}

/** An MDB_db record: 48 bytes. */
export function treeAt(bytes: Buffer, offset: number): Tree {
  return {
    flags: bytes.readUInt16LE(offset + 4),
    depth: bytes.readUInt16LE(offset + 6),
    branchPages: numberAt(bytes, offset + 8),
    leafPages: numberAt(bytes, offset + 16),
    overflowPages: numberAt(bytes, offset + 24),
    entries: numberAt(bytes, offset + 32),
    root: bytes.readBigUInt64LE(offset + 40) === 0xffff_ffff_ffff_ffffn ? noPage : numberAt(bytes, offset + 40),
  };
}

/** 64 bits; too large a number becomes one that no check takes. */
export function numberAt(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x1_0000_0000;
}

function isMeta(meta: Buffer): boolean {
  const [found, version, flags] = [meta.readUInt32LE(at.magic), meta.readUInt32LE(at.version), meta.readUInt16LE(18)];
  return found === magic && version === dataVersion && flags === pageFlags.meta;
}

function isPageSize(size: number): boolean {
  return size >= 512 && size <= 65_536 && (size & (size - 1)) === 0;
}
