/** The index's few settings: format, revision, how many keys there are, and what the stores keep there; all sealed. */
import { kinds, seal, unseal } from '@kvstore/core/data-folder/seal.ts';
import { formatVersion, tables } from '@kvstore/core/data-folder/tables.ts';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import type { Damaged } from '../damage/damage.ts';

type ReadOptions = { transaction: Transaction } | undefined;

/** While tables of format 1 are brought up to date: what is in both is read by no other version. */
const upgrading = '1 to 2';

export class Meta {
  readonly #table: Database<Buffer, string>;
  readonly #damaged: Damaged;
  readonly #format: string | undefined;
  /** Keys that the transaction under way has added. */
  #added = 0;

  /** Throws when the format is not known. `format` is the only setting that has no seal: each version reads it. */
  constructor(root: RootDatabase, directory: string, damaged: Damaged) {
    this.#table = root.openDB(tables.meta, { encoding: 'binary' });
    this.#damaged = damaged;
    this.#format = this.#table.get('format')?.toString();
    if (this.#format !== undefined && this.#format !== String(formatVersion) && !this.isOld) {
      throw new Error(
        `${directory} has format ${this.#format}; this version reads format ${formatVersion} and upgrades format 1`,
      );
    }
  }

  /** To be upgraded; also one whose upgrade was interrupted. */
  get isOld(): boolean {
    return this.#format === '1' || this.#format === upgrading;
  }

  /** After an upgrade, or for a new index. `keys`: how many there are. Throws when a setting is damaged. */
  begin(keys: number): void {
    // The format is written last when an index is made, and never taken away.
    if (this.#format === undefined && keys > 0) throw this.#damaged('meta', 'format');
    for (const { key } of this.#table.getRange({})) if (key !== 'format') this.get(key);
    if (this.count() !== keys) throw this.#damaged('count');
    if (this.#format === undefined) this.#table.putSync('format', Buffer.from(String(formatVersion)));
  }

  /** Throws Problem `data-corrupted`. */
  get(name: string, options?: ReadOptions): string | undefined {
    const stored = this.#table.get(name, options);
    if (stored === undefined) return undefined;
    const text = unseal(kinds.setting, name, stored);
    if (text === undefined) throw this.#damaged('meta', name);
    return text;
  }

  revision(options?: ReadOptions): number {
    return Number(this.get('revision', options) ?? 0);
  }

  /** Keys in the index. */
  count(options?: ReadOptions): number {
    return Number(this.get('keys', options) ?? 0);
  }

  /** In a transaction. */
  set(name: string, value: string): void {
    void this.#table.put(name, seal(kinds.setting, name, value));
  }

  /** In a transaction: so many keys more. */
  added(keys: number): void {
    this.#added += keys;
  }

  /** In a transaction, at its end. */
  setCount(): void {
    if (this.#added === 0) return;
    this.set('keys', String(this.count() + this.#added));
    this.#added = 0;
  }

  /** A transaction begins; one before it may have failed. */
  begun(): void {
    this.#added = 0;
  }

  /** From here on no older version opens the index. */
  upgradeBegins(): void {
    this.#table.putSync('format', Buffer.from(upgrading));
  }

  /** In a transaction: all settings get their seals. */
  upgradeEnds(keys: number): void {
    for (const { key, value } of [...this.#table.getRange({})]) if (key !== 'format') this.set(key, value.toString());
    this.set('keys', String(keys));
    void this.#table.put('format', Buffer.from(String(formatVersion)));
  }
}
