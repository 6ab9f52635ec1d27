/** Looks at LMDB's file before LMDB maps it into memory: a damaged one would end the process with a signal. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const walk = fileURLToPath(new URL('./walk-data.ts', import.meta.url));

/** Where things are in a meta page: liblmdb's mdb.c, MDB_page and MDB_meta, data version 2, 64 bits, little-endian. */
const at = { magic: 0x18, version: 0x1c, pageSize: 0x30, freeRoot: 0x58, mainRoot: 0x88, lastPage: 0x90, txn: 0x98 };
const metaBytes = 0xa8;
const magic = 0xbeefc0de;
const dataVersion = 2;
const noPage = 0xffff_ffff_ffff_ffffn;

/**
 * Throws when the directory holds a file that is not LMDB's or has lost its end. An empty or missing one is fine:
 * LMDB never shortens a file, so only a start that was interrupted leaves it empty. Damage in the middle is not seen.
 */
export function checkDataFile(directory: string): void {
  const file = join(directory, 'data.mdb');
  const size = BigInt(statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  if (size === 0n) return;
  const first = readMeta(file, 0);
  const pageSize = first.readUInt32LE(at.pageSize);
  if (!isMeta(first) || pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) {
    throw new Error('data.mdb is damaged or no file of this service');
  }
  const second = readMeta(file, pageSize);
  if (!isMeta(second)) throw new Error('data.mdb is damaged: its second page is lost');
  const newest = second.readBigUInt64LE(at.txn) > first.readBigUInt64LE(at.txn) ? second : first;
  const pages = size / BigInt(pageSize);
  for (const root of [at.freeRoot, at.mainRoot].map((offset) => newest.readBigUInt64LE(offset))) {
    if (root !== noPage && root >= pages) throw new Error('data.mdb is damaged: its end is lost');
  }
  // The file may rightly end early, when its last pages are free ones: only reading all of it tells.
  if (newest.readBigUInt64LE(at.lastPage) >= pages && !canBeWalked(directory)) {
    throw new Error('data.mdb is damaged: its end is lost');
  }
}

function readMeta(file: string, position: number): Buffer {
  const buffer = Buffer.alloc(metaBytes);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, metaBytes, position);
  } finally {
    closeSync(descriptor);
  }
  return buffer;
}

function isMeta(meta: Buffer): boolean {
  return meta.readUInt32LE(at.magic) === magic && meta.readUInt32LE(at.version) === dataVersion;
}

/** In a process of its own, which a page that is not there may end. */
function canBeWalked(directory: string): boolean {
  return spawnSync(execPath, [walk, directory], { stdio: 'ignore' }).status === 0;
}
