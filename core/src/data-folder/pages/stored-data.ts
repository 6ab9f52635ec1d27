/**
 * A data folder read without LMDB, whatever has become of it, and without a change to it: what `kvstore-cli verify` and
 * `salvage` stand on.
 */
import { compareKeys } from '../../key.ts';
import { crcOfKey } from '../checksum.ts';
import { keyCodec, reversedCodec } from '../key-codec.ts';
import { deadlineDigits, oldTables, tables } from '../tables.ts';
import { checkPages, freePages } from './check-pages.ts';
import { looseDeadlines, loosePairs } from './loose-pairs.ts';
import { DamagedData, type DataState, PageFile, type Tree } from './page-file.ts';
import { oldDeadlines, oldPairs, type StoredPair, storedDeadlines, storedKeys, storedPairs } from './stored-pairs.ts';

/** A pair that is what was written. */
export interface SoundPair {
  readonly key: string;
  readonly value: string;
  readonly version: number;
  /** Unix milliseconds. */
  readonly expires: number | undefined;
}

export interface DataReport {
  /** False: values of format 1 have no checksums; only their place was checked. */
  readonly hasChecksums: boolean;
  /** Each a sentence. */
  readonly damages: readonly string[];
  /** Names of pairs that cannot be read. */
  readonly lostKeys: readonly string[];
  /** Pairs that were found outside of the tree that should hold them. */
  readonly loose: number;
  /** Which pages are free is not known: some of those pairs may have been changed or deleted since. */
  readonly mayBeOld: boolean;
}

/** Of most disks and machines; LMDB takes that of the machine's memory. */
const likelyPageSize = 4096;

export class StoredData {
  readonly #pages: PageFile;
  readonly #damages: string[] = [];
  readonly #lost = new Set<string>();
  readonly #state: DataState | undefined;
  readonly #tables: ReadonlyMap<string, Tree>;
  readonly #used: Uint8Array;
  readonly #damagedPages = new Set<number>();
  readonly #deadlines = new Map<string, number>();
  #loose = 0;
  #knowsFree = true;

  /** Throws what the file system says. The caller closes it. */
  constructor(directory: string) {
    this.#pages = new PageFile(directory, { pageSize: likelyPageSize });
    this.#state = this.#findState();
    const { tables: found, used } = this.#check();
    this.#tables = found;
    this.#used = used;
    for (const [key, deadline] of storedDeadlines(this.#table(tables.deadlineOf))) {
      if (key === undefined) this.#damages.push('a key in the table of deadlines is damaged');
      else if (deadline === undefined) this.#damages.push(`the deadline of the key ${JSON.stringify(key)} is damaged`);
      else this.#deadlines.set(key, deadline);
    }
    // Each deadline is in a second table as well.
    for (const entry of storedKeys(this.#table(tables.byDeadline), keyCodec)) {
      const key = entry?.slice(deadlineDigits);
      if (key === undefined) this.#damages.push('a key in the table of what expires next is damaged');
      else if (!this.#deadlines.has(key))
        this.#deadlines.set(key, Number.parseInt((entry ?? '').slice(0, deadlineDigits), 16));
    }
    for (const [key, deadline] of oldDeadlines(this.#table(oldTables.deadlineOf))) this.#deadlines.set(key, deadline);
  }

  close(): void {
    this.#pages.close();
  }

  /** Has somebody written to it since it was opened? Then what was found may be wrong. */
  get isInUse(): boolean {
    const [now] = this.#pages.states();
    return this.#state !== undefined && now !== undefined && now.transaction > this.#state.transaction;
  }

  /** All sound pairs: in the order of their keys, then those that are not where they should be. */
  *pairs(): Iterable<SoundPair> {
    const keys = new KeySum();
    for (const pair of this.#stored()) {
      if (pair.key !== undefined) keys.add(pair.key);
      const sound = this.#sound(pair);
      if (sound !== undefined) yield sound;
    }
    if (this.#isOld) return;
    const endings = new KeySum();
    for (const key of storedKeys(this.#table(tables.reversed), reversedCodec)) {
      if (key === undefined) this.#damages.push('a key in the table of endings is damaged');
      else endings.add(key);
    }
    // Which keys are missing takes the names of all, but only when some are.
    if (this.#damages.length > 0 || !keys.equals(endings)) yield* this.#missing();
  }

  /** When all pairs were read. */
  report(): DataReport {
    return {
      hasChecksums: !this.#isOld,
      damages: this.#damages,
      lostKeys: [...this.#lost].sort(compareKeys),
      loose: this.#loose,
      mayBeOld: this.#loose > 0 && !this.#knowsFree,
    };
  }

  get #isOld(): boolean {
    return !this.#tables.has(tables.pairs) && this.#tables.has(oldTables.pairs);
  }

  *#stored(): Iterable<StoredPair> {
    // Both while an upgrade is under way.
    yield* storedPairs(this.#table(tables.pairs));
    for (const pair of oldPairs(this.#table(oldTables.pairs))) {
      yield { ...pair, isPassing: false };
    }
  }

  #sound({ key, value, version, isPassing }: StoredPair): SoundPair | undefined {
    if (key === undefined) {
      this.#damages.push('a key is damaged');
      return undefined;
    }
    if (value === undefined) {
      this.#damages.push(`the value of the key ${JSON.stringify(key)} is damaged`);
      this.#lost.add(key);
      return undefined;
    }
    const expires = this.#deadlines.get(key);
    if (isPassing && expires === undefined) {
      this.#damages.push(`the deadline of the key ${JSON.stringify(key)} is lost`);
    }
    return { key, value, version, expires };
  }

  /** Keys are in a second table as well: those that the first one has lost are looked for in pages outside of it. */
  *#missing(): Iterable<SoundPair> {
    const found = new Set<string>();
    for (const { key, value } of this.#stored()) if (key !== undefined && value !== undefined) found.add(key);
    const loose = new Map<string, StoredPair & { key: string }>();
    const pages = { pages: this.#pages, used: this.#used, damaged: this.#damagedPages };
    for (const [key, deadline] of looseDeadlines(pages)) {
      if (!this.#deadlines.has(key)) this.#deadlines.set(key, deadline);
    }
    for (const pair of loosePairs(pages)) {
      const known = loose.get(pair.key);
      if (!found.has(pair.key) && (known === undefined || known.version < pair.version)) loose.set(pair.key, pair);
    }
    const names = new Set<string>();
    let endings = 0;
    for (const key of storedKeys(this.#table(tables.reversed), reversedCodec)) {
      if (key === undefined) continue;
      endings++;
      if (!found.has(key)) names.add(key);
    }
    // Where the table of endings is whole, a key that is not in it was deleted.
    if (endings !== this.#tables.get(tables.reversed)?.entries) for (const key of loose.keys()) names.add(key);
    for (const key of [...names].sort(compareKeys)) {
      const pair = loose.get(key);
      if (pair === undefined) {
        if (!this.#lost.has(key)) this.#damages.push(`the key ${JSON.stringify(key)} is lost`);
        this.#lost.add(key);
        continue;
      }
      const sound = this.#sound(pair);
      if (sound === undefined) continue;
      this.#lost.delete(key);
      this.#loose++;
      yield sound;
    }
  }

  #newest(): DataState {
    try {
      return this.#pages.newest();
    } catch {
      // One of the two may have been written between the looks at both.
      return this.#pages.newest();
    }
  }

  #findState(): DataState | undefined {
    try {
      return this.#newest();
    } catch (error) {
      if (!(error instanceof DamagedData)) throw error;
      const [state] = this.#pages.states();
      this.#damages.push(state === undefined ? error.message : `${error.message}: the last commit may be missing`);
      return state;
    }
  }

  #check(): { tables: ReadonlyMap<string, Tree>; used: Uint8Array } {
    if (this.#state === undefined) {
      this.#knowsFree = false;
      return { tables: new Map(), used: new Uint8Array(Math.floor(this.#pages.size / this.#pages.pageSize)) };
    }
    return checkPages({
      pages: this.#pages,
      state: this.#state,
      onDamage: (table, page, fault) => {
        this.#damages.push(`page ${page} (${table}): ${fault}`);
        this.#damagedPages.add(page);
        if (table === freePages) this.#knowsFree = false;
      },
    });
  }

  #table(name: string) {
    const state = this.#state ?? this.#noState;
    return { pages: this.#pages, state, tree: this.#state === undefined ? undefined : this.#tables.get(name) };
  }

  get #noState(): DataState {
    const none = { flags: 0, depth: 0, branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0, root: -1 };
    return { transaction: 0, lastPage: 0, freePages: none, names: none };
  }
}

/** Checks whether two tables have the same keys, in whatever order. */
class KeySum {
  #count = 0;
  #sum = 0;

  add(key: string): void {
    this.#count++;
    this.#sum = (this.#sum + crcOfKey(key)) | 0;
  }

  equals(other: KeySum): boolean {
    return this.#count === other.#count && this.#sum === other.#sum;
  }
}
