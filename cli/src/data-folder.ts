/** A data folder of the service, opened without the service, and never written to. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DamagedData } from '../../service/src/store/pages/page-file.ts';
import { StoredData } from '../../service/src/store/pages/stored-data.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { type Io, say } from './io.ts';

/** @throws CliError (notFound) when there is no data in the folder, CliError (failure) when nothing of it can be read */
export function openData(folder: string): StoredData {
  if (!existsSync(join(folder, 'data.mdb'))) {
    const replica = join(folder, 'etcd-replica');
    const hint = existsSync(join(replica, 'data.mdb')) ? `; the copy of etcd is in ${replica}` : '';
    throw new CliError(`there is no data.mdb in ${folder}${hint}`, exitCodes.notFound);
  }
  try {
    return new StoredData(folder);
  } catch (cause) {
    if (!(cause instanceof DamagedData)) throw cause;
    throw new CliError(`data.mdb is damaged: ${cause.message}`, exitCodes.failure, cause);
  }
}

/** What was found, a line each, but no more than a person reads. */
export function sayDamages(io: Io, data: StoredData): void {
  const { damages, loose, mayBeOld, hasChecksums } = data.report();
  if (data.isInUse) say(io, 'a service is writing to this folder: what is found may be wrong, stop the service first');
  if (!hasChecksums) say(io, 'the folder has format 1, without checksums: only its structure can be checked');
  for (const damage of damages.slice(0, maxDamages)) say(io, damage);
  if (damages.length > maxDamages) say(io, `and ${damages.length - maxDamages} more`);
  if (loose > 0) say(io, `${loose} pairs were found in pages that nothing leads to`);
  if (mayBeOld) say(io, 'some of these may have been changed or deleted since: which pages are free is not known');
}

const maxDamages = 100;
