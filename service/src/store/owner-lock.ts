/** One process owns a data directory. The lock ends with the process, however it ends. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface OwnerLock {
  release(): void;
}

/**
 * Takes the directory for this process. SQLite is used for its file locks only: Node has none of its own,
 * and these work on every platform and are freed by the operating system when the process dies.
 * Throws when another process has it, or when the directory cannot be made or written to.
 */
export function lockDirectory(directory: string): OwnerLock {
  attempt(directory, 'it cannot be made', () => mkdirSync(directory, { recursive: true }));
  const file = join(directory, 'owner.lock');
  const database = attempt(directory, 'it cannot be written to', () => new DatabaseSync(file, { timeout: 0 }));
  try {
    // Nothing is ever written to it, so nothing of it needs the disk.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (cause) {
    database.close();
    const busy = cause instanceof Error && /locked|busy/i.test(cause.message);
    throw unusable(directory, busy ? 'another process uses it' : 'it cannot be written to', cause);
  }
  return { release: () => database.close() };
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
