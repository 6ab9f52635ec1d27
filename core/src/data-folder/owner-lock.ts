/** One process owns a data directory. The lock ends with the process, however it ends. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../make-folder.ts';
import { privateFolder, userId } from '../private-files.ts';

export interface OwnerLock {
  release(): void;
  /** Takes the directory again when its lock file is not the one that was locked. Throws as `lockDirectory` does. */
  renew(): void;
}

/**
 * Takes the directory for this process. SQLite is used for its file locks only: Node has none of its own,
 * and these work on every platform and are freed by the operating system when the process dies.
 * Throws when another process has it, or when the directory cannot be made or written to.
 * @param user the user of this process
 */
export function lockDirectory(directory: string, { uid }: { readonly uid: number } = { uid: userId() }): OwnerLock {
  let database = lock(directory, uid);
  let identity = identityOf(directory);
  return {
    release: () => database.close(),
    renew() {
      if (identity !== undefined && identityOf(directory) === identity) return;
      const next = lock(directory, uid);
      database.close();
      database = next;
      identity = identityOf(directory);
    },
  };
}

const fileName = 'owner.lock';

/**
 * Does a process use the directory now? Changes nothing in it, and needs no right to write. A process on another machine
 * is seen only where the file system shares its locks.
 */
export function isInUse(directory: string): boolean {
  const file = join(directory, fileName);
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    return isLocked(error);
  } finally {
    database?.close();
  }
}

function lock(directory: string, uid: number): DatabaseSync {
  attempt(directory, 'it cannot be made', () => makeFolder(directory, privateFolder));
  // SQLite takes a lock on a read-only file system as well.
  attempt(directory, 'it cannot be written to', () => accessSync(directory, constants.W_OK));
  const file = join(directory, fileName);
  const stranger = ownerElse(file, uid);
  if (stranger !== undefined) {
    attempt(directory, stranger, () => accessSync(file, constants.R_OK | constants.W_OK));
  }
  const database = attempt(directory, 'it cannot be written to', () => new DatabaseSync(file, { timeout: 0 }));
  try {
    // Nothing is ever written to it, so nothing of it needs the disk.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (cause) {
    database.close();
    throw unusable(directory, whyNot(cause), cause);
  }
  return database;
}

function whyNot(cause: unknown): string {
  if (isLocked(cause)) return 'another process uses it';
  const message = cause instanceof Error ? cause.message : '';
  // It is empty as a rule: whatever is in it was not written by this service.
  if (/not a database|malformed/i.test(message)) {
    return `its file ${fileName} is damaged; remove that file if no other process uses the directory`;
  }
  return 'it cannot be written to';
}

function isLocked(cause: unknown): boolean {
  return cause instanceof Error && /locked|busy/i.test(cause.message);
}

/** Why a lock file of another user may not be ours to take; undefined: it is our own, or there is none. */
function ownerElse(file: string, uid: number): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || uid < 0 || found.uid === uid) return undefined;
  return (
    `its file ${fileName} belongs to the user with the id ${found.uid}, and this process runs as ${uid}; run it as that ` +
    'user, or give the directory to this one with chown -R'
  );
}

/** Device and inode of the lock file; undefined: there is none. */
function identityOf(directory: string): string | undefined {
  const found = statSync(join(directory, fileName), { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

function attempt<T>(directory: string, failure: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw unusable(directory, failure, cause);
  }
}

function unusable(directory: string, why: string, cause: unknown): Error {
  return new Error(`The data directory ${directory} cannot be used: ${why}.`, { cause });
}
