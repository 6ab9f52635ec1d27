/**
 * What keys hold, as far as this process knows without asking: from the index, or from etcd's latest answer where that
 * is newer. It may be wrong: etcd compares it.
 */
import type { Clock } from '../../clock.ts';
import { parseInt64 } from '../../int64.ts';
import type { Entry } from '../../store.ts';
import { decodeValue } from '../layout.ts';
import type { Compare, KeyValue } from '../wire/messages.ts';
import { deadlineOf } from './lease-id.ts';

export interface Seen {
  /** The version that etcd has of the key; 0: it is not there. */
  readonly revision: number;
  /** JSON text; undefined: the key is not there, or has expired. */
  readonly value: string | undefined;
  /** Unix milliseconds from which on it is gone. */
  readonly expires: number | undefined;
}

/** Of the index. */
export interface IndexedValues {
  /** Undefined: it is not there, or has expired. May throw. */
  get(key: string): Entry | undefined;
  expires(key: string): number | undefined;
  /** The version of a key that has expired but is in etcd still. */
  expired(key: string): number | undefined;
}

/** Keys; the index has taken up most of them within milliseconds. */
const mostAnswers = 10_000;

const nothing: Seen = { revision: 0, value: undefined, expires: undefined };

export class KnownValues {
  readonly #index: IndexedValues;
  readonly #clock: Clock;
  /** From etcd's answers; `asOf`: the revision at which the key was so. */
  readonly #answers = new Map<string, Seen & { readonly asOf: number }>();

  constructor(index: IndexedValues, clock: Clock) {
    this.#index = index;
    this.#clock = clock;
  }

  get(key: string): Seen {
    const indexed = this.#read(key);
    const answer = this.#answers.get(key);
    if (answer === undefined) return indexed;
    // Not "as new as the index": of what is no value of this API, the index knows nothing, however new it is. And in a
    // store that was put back, its revision may stand for another value.
    const isSame = indexed.revision === answer.revision && indexed.value === answer.value;
    if (indexed.revision > answer.asOf || isSame) {
      this.#answers.delete(key);
      return indexed;
    }
    const isOver = answer.expires !== undefined && answer.expires <= this.#clock.wall();
    return isOver ? { ...answer, value: undefined } : answer;
  }

  #read(key: string): Seen {
    try {
      return this.#indexed(key);
    } catch {
      // Damaged, which is reported where it is noticed. etcd's answer says what the key holds.
      return nothing;
    }
  }

  #indexed(key: string): Seen {
    const entry = this.#index.get(key);
    if (entry === undefined) return { ...nothing, revision: this.#index.expired(key) ?? 0 };
    return { revision: entry.version, value: entry.value, expires: this.#index.expires(key) };
  }

  /** etcd's answer of a revision, whatever was known before: the store may have been put back to an earlier state. */
  saw(key: string, there: KeyValue | undefined, asOf: number): void {
    this.#keep(key, there === undefined ? nothing : seenIn(there), asOf);
  }

  /** `before`: what it replaced, whose deadline it keeps. */
  wrote(key: string, before: Seen | undefined, value: string, revision: number): void {
    const expires = before?.value === undefined ? undefined : before.expires;
    this.#keep(key, { revision, value, expires }, revision);
  }

  #keep(key: string, seen: Seen, asOf: number): void {
    if (this.#answers.size >= mostAnswers) this.#answers.clear();
    this.#answers.set(key, { ...seen, asOf });
  }
}

function seenIn({ mod_revision, value, lease }: KeyValue): Seen {
  return { revision: mod_revision, value: decodeValue(value), expires: deadlineOf(lease) };
}

/**
 * That the key is as it was seen. An integer is compared itself as well: in a store that was put back to an earlier
 * state the same revision may stand for another one.
 */
export function comparisonsOf(key: Buffer, { revision, value }: Seen): Compare[] {
  const same: Compare = { key, result: 'EQUAL', mod_revision: revision };
  if (value === undefined || parseInt64(value) === undefined) return [same];
  return [same, { key, result: 'EQUAL', value: Buffer.from(value) }];
}
