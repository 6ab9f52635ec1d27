/**
 * Can files of a folder be mapped into memory? LMDB needs that, and where it fails (some network and virtual file systems,
 * such as 9p and vboxsf) the process ends with a signal and without a word.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLITE_IOERR_SHMMAP (https://www.sqlite.org/rescode.html): its index of a log could not be mapped. */
const cannotMap = 5386;

/**
 * Throws an Error when shared mappings fail in the folder; takes 1 ms. SQLite tries it: Node has no call for it. Anything
 * else that fails here, such as a full disk, is no matter of this. No other process may use the folder meanwhile.
 */
export function checkMappable(directory: string, tryMapping: (file: string) => void = mapOnce): void {
  const probe = join(directory, 'mapping.probe');
  const clear = () => {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${probe}${end}`, { force: true });
  };
  try {
    clear();
    tryMapping(probe);
    clear();
  } catch (error) {
    if ((error as { readonly errcode?: number }).errcode !== cannotMap) return;
    clear();
    throw new Error(
      `The file system of ${directory} cannot map files into memory, which the data file needs. Use a folder of a local file system, such as ext4 or xfs, for KV_DATA_DIR.`,
      { cause: error },
    );
  }
}

function mapOnce(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; CREATE TABLE probe (x)');
  } finally {
    database.close();
  }
}
