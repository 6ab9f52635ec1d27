/** Files and folders that only their user may read. */
import { lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const privateFolder = 0o700;
export const privateFile = 0o600;

/** Rights of the group and of all others: to a file, and to change what is in a folder. */
const toFile = 0o077;
const toFolder = 0o022;

/** The user of this process; -1 where users have no numbers, as on Windows. It needs no entry in the system's list of users. */
export function userId(): number {
  return process.geteuid?.() ?? -1;
}

/** Writes a new file, in place of what has the name: a link that was laid there leads nowhere. */
export function writePrivate(file: string, content: string | Buffer): void {
  rmSync(file, { recursive: true, force: true });
  // Exclusive creation follows no link.
  writeFileSync(file, content, { flag: 'wx', mode: privateFile });
}

/**
 * What in a folder of ours users other than ours may read or change, and folders in which they may replace files. A
 * folder of another user, such as a volume that root made for a pod or its lost+found, is theirs to decide. Never throws:
 * what cannot be looked at is left out.
 */
export function looserThanPrivate(directory: string): string[] {
  const uid = userId();
  // Windows has other rights, and says -1.
  return uid < 0 ? [] : [...looseIn(directory, uid)];
}

function* looseIn(path: string, uid: number): Iterable<string> {
  const found = ignoringFaults(() => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined || found.isSymbolicLink()) return;
  const isFolder = found.isDirectory();
  if (found.uid === uid && (found.mode & (isFolder ? toFolder : toFile)) !== 0) yield path;
  if (!isFolder) return;
  for (const name of ignoringFaults(() => readdirSync(path)) ?? []) yield* looseIn(join(path, name), uid);
}

function ignoringFaults<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
