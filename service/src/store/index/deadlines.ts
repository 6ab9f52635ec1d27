/**
 * When keys expire: two tables of the index, by key and by time. The earliest deadline is kept in memory, so that
 * as long as nothing is due a read pays one comparison.
 */
import { damagedKey, keyCodec, startAt } from '@kvstore/core/data-folder/key-codec.ts';
import { kinds, seal, unseal } from '@kvstore/core/data-folder/seal.ts';
import { deadlineDigits, tables } from '@kvstore/core/data-folder/tables.ts';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import type { Damaged } from '../damage/damage.ts';

type ReadOptions = { transaction: Transaction } | undefined;

/** Nothing expires. */
export const never = Number.POSITIVE_INFINITY;

export class Deadlines {
  readonly #byKey: Database<Buffer, string>;
  /** Keys are the deadline's digits and the key behind them; values are empty. */
  readonly #byTime: Database<Buffer, string>;
  readonly #damaged: Damaged;
  /** Unix milliseconds; never later than the earliest in the tables. */
  #earliest = never;

  constructor(root: RootDatabase, damaged: Damaged) {
    const keys = { keyEncoder: keyCodec } as object;
    this.#damaged = damaged;
    this.#byKey = root.openDB(tables.deadlineOf, { encoding: 'binary', ...keys });
    this.#byTime = root.openDB(tables.byDeadline, { encoding: 'binary', ...keys });
    this.refresh();
  }

  /** Nothing is due before. */
  get earliest(): number {
    return this.#earliest;
  }

  /** Unix milliseconds; undefined: the key stays. Throws Problem `data-corrupted`. */
  of(key: string, options?: ReadOptions): number | undefined {
    const stored = this.#byKey.get(key, options);
    if (stored === undefined) return undefined;
    const deadline = unseal(kinds.deadline, key, stored);
    if (deadline === undefined) throw this.#damaged('deadline', key);
    return Number(deadline);
  }

  /** The latest deadline that is not after `now`; undefined: there is none. Throws Problem `data-corrupted`. */
  latestUntil(now: number, options?: ReadOptions): number | undefined {
    // No entry ends behind its digits, so this start is in front of all entries of a later time.
    const range = { start: startAt(digitsOf(now + 1)), end: lowest, reverse: true, limit: 1, ...options };
    for (const entry of this.#byTime.getKeys(range)) {
      if (entry === damagedKey) throw this.#damaged('key');
      return timeOf(entry);
    }
    return undefined;
  }

  /** At most so many keys whose deadline has passed, the earliest first. One that is damaged is left where it is. */
  due(now: number, limit: number): string[] {
    const keys: string[] = [];
    for (const entry of this.#byTime.getKeys({ start: lowest })) {
      if (entry === damagedKey) continue;
      const deadline = timeOf(entry);
      if (deadline > now || keys.length >= limit) break;
      const key = entry.slice(deadlineDigits);
      // An entry that no deadline belongs to is what damage has left: nothing would ever take it away.
      if (this.#byKey.doesExist(key)) keys.push(key);
    }
    return keys;
  }

  /** In a transaction: the key's deadline from now on, or none. */
  set(key: string, deadline: number | undefined): void {
    if (this.#earliest !== never) this.#forget(key);
    if (deadline === undefined) return;
    void this.#byKey.put(key, seal(kinds.deadline, key, String(deadline)));
    void this.#byTime.put(entryOf(deadline, key), empty);
    // At once: reads may see the commit before its caller learns of its end.
    this.#earliest = Math.min(this.#earliest, deadline);
  }

  /** After a transaction, whether it was committed or not. */
  refresh(): void {
    const [first] = this.#byTime.getKeys({ start: lowest, limit: 1 });
    // Damaged: any read looks whether its key has expired.
    this.#earliest = first === undefined ? never : first === damagedKey ? 0 : timeOf(first);
  }

  #forget(key: string): void {
    const stored = this.#byKey.get(key);
    if (stored === undefined) return;
    void this.#byKey.remove(key);
    // A damaged deadline leaves its other entry behind, see due.
    const deadline = unseal(kinds.deadline, key, stored);
    if (deadline !== undefined) void this.#byTime.remove(entryOf(Number(deadline), key));
  }
}

const empty = Buffer.alloc(0);
const lowest = startAt('0');

function timeOf(entry: string): number {
  return Number.parseInt(entry.slice(0, deadlineDigits), 16);
}

function entryOf(deadline: number, key: string): string {
  return digitsOf(deadline) + key;
}

function digitsOf(deadline: number): string {
  return deadline.toString(16).padStart(deadlineDigits, '0');
}
