/** Looks at LMDB's file before LMDB maps it into memory: a damaged one would end the process with a signal. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkPages } from '@kvstore/core/data-folder/pages/check-pages.ts';
import { DamagedData, type DataState, PageFile } from '@kvstore/core/data-folder/pages/page-file.ts';

/**
 * Throws DamagedData when the directory holds a file that is not LMDB's, has lost its end, or has a page that cannot be
 * what LMDB wrote: 0.3 s for a million pairs. An empty or missing file is fine: LMDB never shortens one, so only a start
 * that was interrupted leaves it empty. Values are not looked at: each has a checksum of its own, for when it is read.
 * `onRead`: called before each read of the file, may take its time.
 */
export function checkDataFile(directory: string, onRead?: () => void): void {
  const size = statSync(join(directory, 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  const faults: string[] = [];
  let pages: PageFile | undefined;
  try {
    pages = new PageFile(directory, onRead === undefined ? {} : { onRead });
    const onDamage = (table: string, page: number, fault: string) => {
      faults.push(`page ${page} (${table}): ${fault}`);
    };
    checkPages({ pages, state: newestOf(pages), onDamage });
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

/** While a commit writes one of the two meta pages they may not belong together: what is wrong stays wrong. */
function newestOf(pages: PageFile): DataState {
  for (let tries = 1; ; tries++) {
    try {
      return pages.newest();
    } catch (error) {
      if (tries === maxTries) throw error;
    }
  }
}

const maxTries = 5;
