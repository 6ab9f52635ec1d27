/** Where a file that the user names is really written, and what is there already. */
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CliError, exitCodes } from '../exit-codes.ts';

export type OutputPath =
  /** Nothing is there, or a regular file, whose rights the new content keeps. Links are resolved. */
  | { readonly kind: 'file'; readonly path: string; readonly replaces: Stats | undefined }
  /** A device, a FIFO or a socket: written to as it is, and never replaced. */
  | { readonly kind: 'stream'; readonly path: string };

/** As many links as Linux follows. */
const mostLinks = 40;

/** @throws CliError when it is a folder or links lead in a circle */
export async function resolveOutput(file: string): Promise<OutputPath> {
  const found = await orUndefined(stat(file));
  if (found === undefined) return { kind: 'file', path: await targetOf(file), replaces: undefined };
  if (found.isFile()) return { kind: 'file', path: await realpath(file), replaces: found };
  if (found.isDirectory()) throw new CliError(`${file} is a folder`, exitCodes.usage);
  // By its own name: what /dev/stdout leads to may have no other.
  return { kind: 'stream', path: file };
}

/** Gives the new content of a file the rights and, where that is allowed, the owner of the former one. */
export async function keepRights(handle: FileHandle, former: Stats | undefined): Promise<void> {
  if (former === undefined) return;
  const own = await handle.stat();
  if (own.uid !== former.uid || own.gid !== former.gid) {
    // Only root may. The file is then the user's own, with the same rights.
    await handle.chown(former.uid, former.gid).catch(() => {});
  }
  await handle.chmod(former.mode & 0o7777);
}

/** The file that a link leads to is not there: it is made there, and the link stays. */
async function targetOf(file: string): Promise<string> {
  let path = resolve(file);
  for (let links = 0; links <= mostLinks; links++) {
    const found = await orUndefined(lstat(path));
    if (found?.isSymbolicLink() !== true) return path;
    path = resolve(dirname(path), await readlink(path));
  }
  throw new CliError(`${file} has too many links`, exitCodes.usage);
}

/** Undefined: there is no such file. */
async function orUndefined<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === 'ELOOP' ? new CliError('links lead in a circle', exitCodes.usage, error) : error;
  }
}
