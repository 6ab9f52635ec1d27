/** Looks at LMDB's file before LMDB maps it into memory: a damaged one would end the process with a signal. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkPages } from './pages/check-pages.ts';
import { DamagedData, PageFile } from './pages/page-file.ts';

/**
 * Throws DamagedData when the directory holds a file that is not LMDB's, has lost its end, or has a page that cannot be
 * what LMDB wrote: 0.3 s for a million pairs. An empty or missing file is fine: LMDB never shortens one, so only a start
 * that was interrupted leaves it empty. Values are not looked at: each has a checksum of its own, for when it is read.
 */
export function checkDataFile(directory: string): void {
  const size = statSync(join(directory, 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  const faults: string[] = [];
  let pages: PageFile | undefined;
  try {
    pages = new PageFile(directory);
    const onDamage = (table: string, page: number, fault: string) => {
      faults.push(`page ${page} (${table}): ${fault}`);
    };
    checkPages({ pages, state: pages.newest(), onDamage });
  } catch (error) {
    if (!(error instanceof DamagedData)) throw error;
    faults.push(error.message);
  } finally {
    pages?.close();
  }
  const [first] = faults;
  if (first === undefined) return;
  throw new DamagedData(`data.mdb is damaged: ${first}${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`);
}
