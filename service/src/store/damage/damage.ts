/** What is read from the disk and is not what was written: it is never shown, and reported each time. */
import { DamagedData } from '@kvstore/core/data-folder/pages/page-file.ts';
import { Problem } from '@kvstore/core/problem.ts';

/** `place`: a key that is found in one table and not in the other; `count`: there are fewer keys than were written. */
export const damagedParts = ['value', 'key', 'deadline', 'place', 'count', 'page', 'meta'] as const;
export type DamagedPart = (typeof damagedParts)[number];

/**
 * The problem to throw. `key`: the one that is damaged; for part `key` the last sound one before it, for `page` and
 * `count` none.
 */
export type Damaged = (part: DamagedPart, key?: string, cause?: unknown) => Problem;

/** Called for all damage that reads meet; may return what to throw in place of Problem `data-corrupted`. */
export type OnDamage = (part: DamagedPart, key: string | undefined, message: string) => Problem | undefined;

export function damageProblem(part: DamagedPart, key?: string, cause?: unknown): Problem {
  return new Problem('data-corrupted', messageOf(part, key), { cause });
}

function messageOf(part: DamagedPart, key: string | undefined): string {
  const name = key === undefined ? '' : JSON.stringify(key);
  switch (part) {
    case 'value':
      return `The stored value of the key ${name} is damaged: its checksum does not match.`;
    case 'deadline':
      return `The stored deadline of the key ${name} is damaged or lost.`;
    case 'place':
      return `The key ${name} is stored, but the page that leads to it is damaged.`;
    case 'key':
      return key === undefined ? 'A stored key is damaged.' : `The stored key behind ${name} is damaged.`;
    case 'count':
      return 'Stored keys are missing: there are fewer than were written.';
    case 'meta':
      return `The stored setting ${name} of the index is damaged.`;
    case 'page':
      return 'A page of the data file is damaged.';
  }
}

/** Why an index cannot be opened, or read. */
export function isDamage(error: unknown): boolean {
  if (error instanceof Problem) return error.code === 'data-corrupted';
  return error instanceof DamagedData || (error instanceof Error && lmdbDamage.test(error.message));
}

/** LMDB's own words for damage: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_INVALID, MDB_BAD_TXN. */
const lmdbDamage =
  /MDB_(PAGE_NOTFOUND|CORRUPTED|PANIC|INVALID|BAD_TXN|CURSOR_FULL)|Invalid key size|page not found|corrupted/i;

/** The error of an LMDB call as a problem, where it speaks of damage; else the error itself. */
export function damageOf(error: unknown, damaged: Damaged): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !lmdbDamage.test(error.message)) return error;
  return damaged('page', undefined, error);
}
