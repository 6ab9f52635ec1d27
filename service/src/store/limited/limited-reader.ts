/** A view of the pairs of a scope alone: nothing else can be read through it, whatever an operation requests. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Entry, KeyFilter, Reader, SearchFilter, Snapshot, Turn, VersionedPair } from '../store.ts';
import type { Scope } from './scope.ts';

export class LimitedReader implements Reader {
  protected readonly scope: Scope;
  readonly #reader: Reader;

  constructor(reader: Reader, scope: Scope) {
    this.#reader = reader;
    this.scope = scope;
  }

  /** Throws Problem `outside-prefixes`. */
  get(key: string): Entry | undefined {
    this.scope.check(key);
    return this.#reader.get(key);
  }

  *keys(filter: KeyFilter): Iterable<string> {
    for (const each of this.#within(filter)) yield* this.#reader.keys(each);
  }

  /**
   * An item that keys of several ranges are folded into comes once: the ranges are in order, and so are the items. All ranges
   * are one walk: a hundred of a few hundred keys each would otherwise be read without a pause.
   */
  *search(filter: SearchFilter, turn: Turn = { looked: 0 }): Iterable<string | undefined> {
    let last: string | undefined;
    for (const each of this.#within(filter)) {
      for (const item of this.#reader.search(each, turn)) {
        if (item === undefined || item !== last) yield item;
        last = item ?? last;
      }
    }
  }

  *pairs(filter: KeyFilter): Iterable<VersionedPair> {
    for (const each of this.#within(filter)) yield* this.#reader.pairs(each);
  }

  /** Throws Problem `outside-prefixes`. */
  expires(key: string): number | undefined {
    this.scope.check(key);
    return this.#reader.expires(key);
  }

  /**
   * A number in place of the deadline, so that entity tags differ from those of other prefixes. The deadline may be that of a
   * key outside: the number shows only whether it is the same one.
   */
  lastExpired(): number {
    const { mark } = this.scope;
    const deadline = this.#reader.lastExpired();
    return deadline === undefined ? mark : disguised(`${mark} ${deadline}`);
  }

  /** That of the whole store: it counts writes, and shows no key and no value. */
  revision(): number {
    return this.#reader.revision();
  }

  /** A filter for each range of keys, in the filter's direction. A new condition does not compile here until it is cut, too. */
  #within({ prefix = '', suffix, contains, after, reverse, fold, ...rest }: SearchFilter): readonly SearchFilter[] {
    const none: Readonly<Record<string, never>> = rest;
    const ranges = this.scope.within(prefix).map((each) => {
      return { ...none, prefix: each, suffix, contains, after, reverse, fold };
    });
    return reverse ? ranges.reverse() : ranges;
  }
}

/** Without `count`, which is that of all keys: those of the scope are walked. */
export class LimitedSnapshot extends LimitedReader implements Snapshot {
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot, scope: Scope) {
    super(snapshot, scope);
    this.#snapshot = snapshot;
  }

  growth(): number {
    return this.#snapshot.growth?.() ?? 0;
  }

  close(): void {
    this.#snapshot.close();
  }
}

/** Of this process: with a key that is known, deadlines could be tried one after the other. */
const secret = randomBytes(32);

/** 48 bits: at most 15 decimal digits, as entity tags have room for. */
function disguised(text: string): number {
  return createHmac('sha256', secret).update(text).digest().readUIntBE(0, 6);
}
