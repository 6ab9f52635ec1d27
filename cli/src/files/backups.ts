/** A folder of exports, named by their time: the newest is the last by name. */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CliError, exitCodes } from '../exit-codes.ts';
import { partialName } from './export-file.ts';

const backupName = /^\d{8}T\d{6}\.\d{3}Z\.jsonl$/;
const partialBackup = new RegExp(`${backupName.source.slice(0, -1)}${partialName('').replace('.', '\\.')}$`);

/** A backup that is under way is never that old; one that was killed stays that long. */
const partialAge = 24 * 60 * 60 * 1000;

/** `20260131T235959.000Z.jsonl`, UTC. */
export function nameBackup(now: number): string {
  return `${new Date(now).toISOString().replaceAll(/[-:]/g, '')}.jsonl`;
}

/** The newest by name. @throws CliError (notFound) when there is none */
export async function latestBackup(folder: string): Promise<string> {
  const latest = (await backupsIn(folder)).at(-1);
  if (latest === undefined) throw new CliError(`there is no backup in ${folder}`, exitCodes.notFound);
  return join(folder, latest);
}

/** Undefined: the name is no later than now. @param now Unix milliseconds */
export function aheadOfClock(file: string, now: number): string | undefined {
  const name = basename(file);
  if (!backupName.test(name) || name <= nameBackup(now)) return undefined;
  return `the name ${name} is ahead of this machine's clock, which says ${new Date(now).toISOString()}`;
}

export interface Pruned {
  readonly deleted: readonly string[];
  /** The newest of those that are named in the future. */
  readonly ahead: string | undefined;
}

/**
 * Deletes all but the newest `keep` that are not newer than `written`, which is the backup that was just made. What is
 * named in the future stays: which clock is wrong is not known.
 */
export async function pruneBackups(folder: string, keep: number, written: string): Promise<Pruned> {
  const names = await backupsIn(folder);
  const deleted = names.filter((name) => name <= written).slice(0, -keep);
  for (const name of deleted) await rm(join(folder, name), { force: true });
  return { deleted, ahead: names.findLast((name) => name > written) };
}

/** Deletes what backups that were killed have left. */
export async function removeHalfBackups(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!partialBackup.test(name)) continue;
    const half = join(folder, name);
    if ((await stat(half)).mtimeMs < now - partialAge) await rm(half, { force: true });
  }
}

async function backupsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => backupName.test(name)).sort();
}
