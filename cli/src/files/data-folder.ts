/** A data folder of the service, opened without the service, and never written to. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DamagedData } from '@kvstore/core/data-folder/pages/page-file.ts';
import { StoredData } from '@kvstore/core/data-folder/pages/stored-data.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { type Io, say } from '../io.ts';

/**
 * @throws CliError: notFound when there is no data in the folder, folderInUse when a service uses it, failure when nothing
 * of it can be read
 */
export async function openData(folder: string): Promise<StoredData> {
  if (!existsSync(join(folder, 'data.mdb'))) {
    const replica = join(folder, 'etcd-replica');
    const hint = existsSync(join(replica, 'data.mdb')) ? `; the copy of etcd is in ${replica}` : '';
    throw new CliError(`there is no data.mdb in ${folder}${hint}`, exitCodes.notFound);
  }
  // Loaded only here: the other commands need no SQLite.
  const { isInUse } = await import('@kvstore/core/data-folder/owner-lock.ts');
  if (ownersOf(folder).some(isInUse)) throw inUse(folder);
  try {
    return new StoredData(folder);
  } catch (cause) {
    if (!(cause instanceof DamagedData)) throw cause;
    throw new CliError(`data.mdb is damaged: ${cause.message}`, exitCodes.failure, cause);
  }
}

/** Pages are used again while a service writes: what was read may be of several states, and look damaged. */
export function inUse(folder: string): CliError {
  const advice = 'Stop the service and run this again. A running service checks its data itself and logs damage';
  return new CliError(`a service uses ${folder}, so it cannot be read as a whole. ${advice}`, exitCodes.folderInUse);
}

/** Where the lock of the folder's owner can be: a replica locks the folder that its index is in. */
function ownersOf(folder: string): string[] {
  const path = resolve(folder);
  return basename(path) === 'etcd-replica' ? [path, dirname(path)] : [path];
}

/** What was found, a line each, but no more than a person reads. */
export function sayDamages(io: Io, data: StoredData): void {
  const { damages, loose, mayBeOld, hasChecksums } = data.report();
  if (!hasChecksums) say(io, 'the folder has format 1, without checksums: only its structure can be checked');
  for (const damage of damages.slice(0, maxDamages)) say(io, damage);
  if (damages.length > maxDamages) say(io, `and ${damages.length - maxDamages} more`);
  if (loose > 0) say(io, `${loose} pairs were found in pages that nothing leads to`);
  if (mayBeOld) say(io, 'some of these may have been changed or deleted since: which pages are free is not known');
}

const maxDamages = 100;
