/** Reads pairs of one state of the index, and never shows one that is damaged or whose time is over. */
import { damagedKey } from '@kvstore/core/data-folder/key-codec.ts';
import { type Kind, kinds } from '@kvstore/core/data-folder/seal.ts';
import { compareKeys, reverseKey } from '@kvstore/core/key.ts';
import { getLastVersion } from 'lmdb';
import { type Damaged, damageOf } from '../damage/damage.ts';
import type { Entry, KeyFilter, VersionedPair } from '../store.ts';
import { never } from './deadlines.ts';
import { isLongerThanKeys, startOf } from './key-range.ts';
import { type Expired, found } from './key-search.ts';
import type { OpenIndex } from './open-index.ts';
import { damagedValue, pairCodec } from './pair-codec.ts';
import { latest, type Reads } from './snapshot-reads.ts';

type ReadOptions = ReturnType<Reads['options']>;

export interface PairReadsOptions {
  readonly db: OpenIndex;
  readonly damaged: Damaged;
  /** Unix milliseconds. */
  readonly wall: () => number;
  /** Throws while walks may miss keys. */
  readonly checkTrust: () => void;
}

/** Everything throws Problem `data-corrupted` when what is on the disk is not what was written. */
export class PairReads {
  readonly #db: OpenIndex;
  readonly #damaged: Damaged;
  readonly #wall: () => number;
  readonly #checkTrust: () => void;
  /** The pair that a walk has read last. */
  readonly #last: { key: string; kind: Kind | undefined; read: Reads } = { key: '', kind: kinds.pair, read: latest };

  constructor({ db, damaged, wall, checkTrust }: PairReadsOptions) {
    this.#db = db;
    this.#damaged = damaged;
    this.#wall = wall;
    this.#checkTrust = checkTrust;
  }

  /** To be called at each change, before anything else is read. */
  forget(): void {
    this.#last.key = '';
  }

  /** `now`: a pair whose time is over by then is not there; undefined: nothing has expired. */
  get(key: string, now: number | undefined, options: ReadOptions): Entry | undefined {
    try {
      const value = this.#db.forward.get(key, options);
      if (value === undefined) {
        // Each key is in both tables: a damaged page can hide it in one of them.
        if (this.#db.reversed.doesExist(reverseKey(key), undefined as never, options as never)) {
          throw this.#damaged('place', key);
        }
        return undefined;
      }
      if (value === damagedValue) throw this.#damaged('value', key);
      const entry = { value: value as string, version: getLastVersion() };
      const isOver = now !== undefined && pairCodec.kind === kinds.passingPair && this.#deadlineOf(key, options) <= now;
      return isOver ? undefined : entry;
    } catch (error) {
      throw damageOf(error, this.#damaged);
    }
  }

  /** As Reader.expires. */
  expires(key: string, read: Reads): number | undefined {
    // A dump asks for that of each pair it has just read, and most have none.
    const { key: lastKey, read: lastRead, kind: lastKind } = this.#last;
    const kind = key === lastKey && read === lastRead ? lastKind : undefined;
    if (kind === kinds.pair) return undefined;
    const options = read.options();
    const deadline = this.#db.deadlines.of(key, options);
    if (deadline !== undefined) return deadline;
    if ((kind ?? this.#kindOf(key, options)) === kinds.passingPair) throw this.#damaged('deadline', key);
    return undefined;
  }

  /** Undefined: it is not there, or damaged. */
  #kindOf(key: string, options?: ReadOptions): Kind | undefined {
    return this.#db.forward.get(key, options) === undefined ? undefined : pairCodec.kind;
  }

  /** Of a pair that has one. */
  #deadlineOf(key: string, options?: ReadOptions): number {
    const deadline = this.#db.deadlines.of(key, options);
    if (deadline === undefined) throw this.#damaged('deadline', key);
    return deadline;
  }

  /** Has its deadline passed? */
  isDue(key: string, now: number, options?: ReadOptions): boolean {
    if (now < this.#db.deadlines.earliest && options === undefined) return false;
    const deadline = this.#db.deadlines.of(key, options);
    return deadline !== undefined && deadline <= now;
  }

  /** Which keys have expired by now; undefined: none. */
  expired(read: Reads, now?: number): Expired | undefined {
    if (this.#db.deadlines.earliest === never) return undefined;
    now ??= this.#wall();
    return now < this.#db.deadlines.earliest ? undefined : (key) => this.isDue(key, now, read.options());
  }

  /** As Reader.lastExpired. */
  lastExpired(read: Reads, now: number): number | undefined {
    return now < this.#db.deadlines.earliest ? undefined : this.#db.deadlines.latestUntil(now, read.options());
  }

  /** As Reader.pairs. */
  *pairs(filter: KeyFilter, read: Reads, expired: Expired | undefined): Iterable<VersionedPair> {
    try {
      yield* this.#soundPairs(filter, read, expired);
    } catch (error) {
      throw damageOf(error, this.#damaged);
    }
  }

  *#soundPairs(filter: KeyFilter, read: Reads, expired: Expired | undefined): Iterable<VersionedPair> {
    const { prefix = '', suffix = '', contains = '', after, reverse = false } = filter;
    if (isLongerThanKeys(prefix)) return;
    this.#checkTrust();
    if (suffix === '' && contains === '' && !reverse) {
      const range = this.#db.forward.getRange({ start: startOf(prefix, after), versions: true, ...read.options() });
      let last: string | undefined;
      let count = 0;
      for (const pair of read.walk(range as Iterable<VersionedPair>)) {
        const { key } = pair;
        if (key === damagedKey) throw this.#damaged('key', last);
        last = key;
        count++;
        if (after !== undefined && compareKeys(key, after) <= 0) continue;
        if (!key.startsWith(prefix)) return;
        const { kind } = pairCodec;
        if (expired?.(key)) continue;
        if (pair.value === damagedValue) throw this.#damaged('value', key);
        this.#last.key = key;
        this.#last.kind = kind;
        this.#last.read = read;
        yield pair;
      }
      // A page that has lost some of its keys is seen only by counting all of them.
      const all = prefix === '' && after === undefined;
      if (all && count !== this.#db.meta.count(read.options())) throw this.#damaged('count');
      return;
    }
    for (const key of found(this.#db.keys.search(filter, read, expired))) {
      const entry = this.get(key, undefined, read.options());
      if (entry !== undefined) yield { key, value: entry.value, version: entry.version };
    }
  }
}
