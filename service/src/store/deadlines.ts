/**
 * When keys expire: two tables of the index, by key and by time. The earliest deadline is kept in memory, so that
 * as long as nothing is due a read pays one comparison.
 */
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { keyCodec } from './key-codec.ts';

type ReadOptions = { transaction: Transaction } | undefined;

/** Hexadecimal digits of a deadline in Unix milliseconds, so that the order of texts is that of time: up to the year 10889. */
const digits = 12;

export class Deadlines {
  readonly #byKey: Database<string, string>;
  /** Keys are the deadline's digits and the key behind them; values are empty. */
  readonly #byTime: Database<Buffer, string>;
  /** Unix milliseconds; never later than the earliest in the tables. */
  #earliest = Number.POSITIVE_INFINITY;

  constructor(root: RootDatabase) {
    const keys = { keyEncoder: keyCodec } as object;
    this.#byKey = root.openDB('expiries', { encoding: 'string', ...keys });
    this.#byTime = root.openDB('deadlines', { encoding: 'binary', ...keys });
    this.refresh();
  }

  /** Nothing is due before. */
  get earliest(): number {
    return this.#earliest;
  }

  /** Unix milliseconds; undefined: the key stays. */
  of(key: string, options?: ReadOptions): number | undefined {
    const deadline = this.#byKey.get(key, options);
    return deadline === undefined ? undefined : Number(deadline);
  }

  /** The latest deadline that is not after `now`; undefined: there is none. */
  latestUntil(now: number, options?: ReadOptions): number | undefined {
    // No entry ends behind its digits, so this start is in front of all entries of a later time.
    const range = { start: digitsOf(now + 1), end: lowest, reverse: true, limit: 1, ...options };
    for (const entry of this.#byTime.getKeys(range)) return Number.parseInt(entry.slice(0, digits), 16);
    return undefined;
  }

  /** At most so many keys whose deadline has passed, the earliest first. */
  due(now: number, limit: number): string[] {
    const keys: string[] = [];
    for (const entry of this.#byTime.getKeys({ start: lowest, limit })) {
      if (Number.parseInt(entry.slice(0, digits), 16) > now) break;
      keys.push(entry.slice(digits));
    }
    return keys;
  }

  /** In a transaction: the key's deadline from now on, or none. */
  set(key: string, deadline: number | undefined): void {
    if (this.#earliest !== Number.POSITIVE_INFINITY) this.#forget(key);
    if (deadline === undefined) return;
    void this.#byKey.put(key, String(deadline));
    void this.#byTime.put(entryOf(deadline, key), empty);
    // At once: the commit may be seen before anybody is told that it has ended.
    this.#earliest = Math.min(this.#earliest, deadline);
  }

  /** After a transaction, whether it was committed or not. */
  refresh(): void {
    const [first] = this.#byTime.getKeys({ start: lowest, limit: 1 });
    this.#earliest = first === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(first.slice(0, digits), 16);
  }

  #forget(key: string): void {
    const deadline = this.of(key);
    if (deadline === undefined) return;
    void this.#byKey.remove(key);
    void this.#byTime.remove(entryOf(deadline, key));
  }
}

const empty = Buffer.alloc(0);
const lowest = '0';

function entryOf(deadline: number, key: string): string {
  return digitsOf(deadline) + key;
}

function digitsOf(deadline: number): string {
  return deadline.toString(16).padStart(digits, '0');
}
