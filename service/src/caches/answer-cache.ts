/**
 * Answers that reads gave lately, kept ready until a write changes what they show. A write drops the answer of its
 * key and those of the searches that find it, and no others: answers for keys that no write changes stay.
 */
import type { TextAnswer } from '../answers/answer.ts';
import { SharedBytes } from '../answers/shared-bytes.ts';
import type { ChangeListener, Store } from '../store/store.ts';
import type { AskedBy } from './answer-generation.ts';
import { Generations } from './generations.ts';

/**
 * Characters of an answer. A longer one of a search is kept as those of other searches are (repeated-reads.ts), and that of a key
 * in a part of its own, where it takes no room of shorter ones.
 */
export const longestKept = 4096;
/** Of the memory for answers: those of keys that are longer. */
const longPart = 1 / 4;
/** Characters of a text whose bytes are shared: a shorter one goes out in one piece with its head. */
const longestAlone = 16 * 1024;
/** Keys of a transaction that are remembered until it is over; while it changes more, nothing is kept. */
const maxChanging = 1000;

/** What reads answers from the store. */
export interface Source<Found extends TextAnswer | undefined = TextAnswer | undefined> {
  readonly by: AskedBy;
  /** From the index as it is now; undefined: it is too much to be kept. */
  answer(asked: string): Found;
}

/** Answers of reads by one text. */
export interface Answers {
  /** What is kept. */
  get(by: AskedBy, asked: string): TextAnswer | undefined;
  /** What the source answers now. */
  answer<Found extends TextAnswer | undefined>(source: Source<Found>, asked: string): Found | TextAnswer;
  /** As `answer`, for many within one turn of the event loop. */
  answers<Found extends TextAnswer | undefined>(source: Source<Found>): (asked: string) => Found | TextAnswer;
}

export class AnswerCache implements Answers, ChangeListener {
  readonly #store: Store;
  readonly #keepsNothing: boolean;
  readonly #short: Generations;
  /** Of keys alone. */
  readonly #long: Generations;
  /** Transactions under way. */
  #open = 0;
  /** Their keys: reads may show them as they were or as they will be. */
  readonly #changing = new Set<string>();

  /** `maxBytes`: of what is kept, about; 0 keeps nothing. */
  constructor(store: Store, maxBytes: number) {
    this.#store = store;
    this.#keepsNothing = store.listen === undefined || maxBytes === 0;
    this.#short = new Generations(maxBytes * (1 - longPart));
    this.#long = new Generations(maxBytes * longPart);
    if (!this.#keepsNothing) store.listen?.(this);
  }

  get(by: AskedBy, asked: string): TextAnswer | undefined {
    return this.#isOff() ? undefined : this.#kept(by, asked);
  }

  answer<Found extends TextAnswer | undefined>(source: Source<Found>, asked: string): Found | TextAnswer {
    return this.#isOff() ? source.answer(asked) : this.#find(source, asked);
  }

  answers<Found extends TextAnswer | undefined>(source: Source<Found>): (asked: string) => Found | TextAnswer {
    return this.#isOff() ? (asked) => source.answer(asked) : (asked) => this.#find(source, asked);
  }

  /** What has expired is in the answers until it is removed. */
  #isOff(): boolean {
    return this.#keepsNothing || this.#store.lastExpired() !== undefined;
  }

  #kept(by: AskedBy, asked: string): TextAnswer | undefined {
    return this.#short.get(by, asked) ?? (by === 'key' ? this.#long.get(by, asked) : undefined);
  }

  #find<Found extends TextAnswer | undefined>(source: Source<Found>, asked: string): Found | TextAnswer {
    const { by } = source;
    const kept = this.#kept(by, asked);
    if (kept !== undefined) return kept;
    const answer = source.answer(asked);
    if (answer !== undefined && !this.#isChanging(by, asked)) this.#keep(by, asked, answer);
    return answer;
  }

  begun(): void {
    this.#open++;
  }

  touched(key: string): void {
    if (this.#changing.size < maxChanging) this.#changing.add(key);
    this.#short.drop(key);
    this.#long.drop(key);
  }

  settled(): void {
    if (--this.#open === 0) this.#changing.clear();
  }

  replaced(): void {
    this.timelineChanged();
  }

  /** Answers carry the timeline in their entity tags. */
  timelineChanged(): void {
    this.#short.clear();
    this.#long.clear();
  }

  #keep(by: AskedBy, asked: string, answer: TextAnswer): void {
    const { length } = answer.text;
    if (length <= longestKept) this.#short.keep(by, asked, answer);
    else if (by === 'key') {
      this.#long.keep(by, asked, length <= longestAlone ? answer : { ...answer, shared: new SharedBytes() });
    }
  }

  #isChanging(by: AskedBy, asked: string): boolean {
    if (this.#changing.size === 0) return false;
    if (this.#changing.size === maxChanging) return true;
    if (by === 'key') return this.#changing.has(asked);
    for (const key of this.#changing) if (by === 'prefix' ? key.startsWith(asked) : key.endsWith(asked)) return true;
    return false;
  }
}
