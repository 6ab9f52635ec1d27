/** LMDB's lock file, in which every open read has a slot. */
import { closeSync, constants, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '@kvstore/core/private-files.ts';

/** Bytes of a slot, and room for the table's head. */
const slotBytes = 64;
const headBytes = 4096;

/**
 * Gives the table its disk space before LMDB maps it into memory. LMDB leaves it as a hole in the file, and on a full
 * disk the read that takes the next page of slots would end the process (SIGBUS). A file that cannot be used, whatever
 * is in it, is replaced: nothing of it outlives the process.
 * No other process may have the directory open. Throws when there is no room.
 */
export function reserveReaderTable(directory: string, maxReaders: number): void {
  const file = join(directory, 'lock.mdb');
  const bytes = headBytes + maxReaders * slotBytes;
  if (!isWritable(file)) rmSync(file, { recursive: true, force: true });
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.blocks * 512 < bytes) writePrivate(file, Buffer.alloc(bytes));
}

/** True as well when there is none. */
function isWritable(file: string): boolean {
  try {
    closeSync(openSync(file, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
