/** Files and folders that only their user may read. */
import { lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

export const privateFolder = 0o700;
export const privateFile = 0o600;

/** Rights of the group and of all others: to a file, and to change what is in a folder. */
const toFile = 0o077;
const toFolder = 0o022;

/** Writes a new file, in place of what has the name: a link that was laid there leads nowhere. */
export function writePrivate(file: string, content: string | Buffer): void {
  rmSync(file, { recursive: true, force: true });
  // Exclusive creation follows no link.
  writeFileSync(file, content, { flag: 'wx', mode: privateFile });
}

/**
 * What in a folder of ours users other than ours may read or change, and folders in which they may replace files. A
 * folder of another user, such as a volume that root made for a pod, is theirs to decide.
 */
export function looserThanPrivate(directory: string): string[] {
  const { uid } = userInfo();
  // Windows has other rights, and says -1.
  if (uid < 0) return [];
  const isLoose = (path: string): boolean => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isSymbolicLink() || found.uid !== uid) return false;
    return (found.mode & (found.isDirectory() ? toFolder : toFile)) !== 0;
  };
  const inside = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return [directory, ...inside].filter(isLoose);
}
