/** A folder of exports, named by their time: the newest is the last by name. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { privateFolder } from '../../service/src/store/files/private-files.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { partialName } from './export-file.ts';

const backupName = /^\d{8}T\d{6}\.\d{3}Z\.jsonl$/;
const partialBackup = new RegExp(`${backupName.source.slice(0, -1)}${partialName('').replace('.', '\\.')}$`);

/** A backup that is under way is never that old; one that was killed stays that long. */
const partialAge = 24 * 60 * 60 * 1000;

/** `20260131T235959.000Z.jsonl`, UTC. */
export function nameBackup(now: number): string {
  return `${new Date(now).toISOString().replaceAll(/[-:]/g, '')}.jsonl`;
}

/** The folder for backups, made for this user alone when missing. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: privateFolder });
}

/** @throws CliError (notFound) when there is none */
export async function latestBackup(folder: string): Promise<string> {
  const latest = (await backupsIn(folder)).at(-1);
  if (latest === undefined) throw new CliError(`there is no backup in ${folder}`, exitCodes.notFound);
  return join(folder, latest);
}

/** Deletes all but the newest `keep`. Returns the names that were deleted. */
export async function pruneBackups(folder: string, keep: number): Promise<readonly string[]> {
  const old = (await backupsIn(folder)).slice(0, -keep);
  for (const name of old) await rm(join(folder, name), { force: true });
  return old;
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
