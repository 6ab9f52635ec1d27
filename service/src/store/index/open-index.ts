/** Opens the index's tables. */
import { keyCodec, reversedCodec } from '@kvstore/core/data-folder/key-codec.ts';
import { tables } from '@kvstore/core/data-folder/tables.ts';
import { makeFolder } from '@kvstore/core/make-folder.ts';
import { privateFolder } from '@kvstore/core/private-files.ts';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { Damaged } from '../damage/damage.ts';
import { checkDataFile } from '../files/data-file.ts';
import { checkMappable } from '../files/mappable.ts';
import { Deadlines } from './deadlines.ts';
import { type KeyCount, KeySearch } from './key-search.ts';
import { Meta } from './meta.ts';
import { pairCodec } from './pair-codec.ts';
import { reserveReaderTable } from './reader-table.ts';
import { upgrade } from './upgrade.ts';

/** Snapshots and reads that can be open at once (slots in LMDB's lock file). */
const maxReaders = 2048;

/** An open environment of LMDB and what is in it. */
export interface OpenIndex {
  readonly root: RootDatabase;
  readonly forward: Database<string | Buffer, string>;
  readonly reversed: Database<Buffer, string>;
  readonly meta: Meta;
  readonly deadlines: Deadlines;
  readonly keys: KeySearch;
}

export interface OpenOptions {
  readonly directory: string;
  /** True: a transaction ends when it is on the disk, and is seen only then. False: for a copy that can be made anew. */
  readonly durable: boolean;
}

/** Throws when the directory cannot be used: not writable, of another version, not LMDB's, damaged (DamagedData). */
export function openIndex({ directory, durable }: OpenOptions, damaged: Damaged): OpenIndex {
  makeFolder(directory, privateFolder);
  checkMappable(directory);
  checkDataFile(directory);
  reserveReaderTable(directory, maxReaders);
  const root = open({
    path: directory,
    noSubdir: false,
    maxDbs: 12,
    maxReaders,
    noSync: !durable,
    // A commit is seen only once it is on the disk: a reader never learns of a write that a power cut can undo.
    overlappingSync: false,
    // Writes come in transactions already. lmdb's own batching adds a promise out of our reach, and when a commit
    // fails (a full disk) its rejection ends the process.
    eventTurnBatching: false,
  });
  try {
    return openTables(root, directory, damaged);
  } catch (error) {
    void root.close();
    throw error;
  }
}

/** Throws when the format is not known, or a setting is damaged. */
function openTables(root: RootDatabase, directory: string, damaged: Damaged): OpenIndex {
  const meta = new Meta(root, directory, damaged);
  if (meta.isOld) upgrade(root, meta);
  const [keys, ends, values] = [
    { keyEncoder: keyCodec } as object,
    { keyEncoder: reversedCodec } as object,
    { encoder: pairCodec } as object,
  ];
  const forward = root.openDB<string | Buffer, string>(tables.pairs, { useVersions: true, ...values, ...keys });
  const reversed = root.openDB<Buffer, string>(tables.reversed, { encoding: 'binary', ...ends });
  const count: KeyCount = (read) => meta.count(read.options());
  const search = new KeySearch({ forward, reversed, damaged, count });
  const deadlines = new Deadlines(root, damaged);
  meta.begin((forward.getStats() as { entryCount: number }).entryCount);
  return { root, forward, reversed, meta, deadlines, keys: search };
}
