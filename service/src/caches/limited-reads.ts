/**
 * Answers of reads of many keys that clients repeat, for a token that is limited to prefixes: kept beside those of the whole store, as
 * answers to questions of its own.
 */
import type { Answer, BytesAnswer, TextAnswer } from '../answers/answer.ts';
import { viewTag } from '../answers/entity-tag.ts';
import type { Store } from '../store/store.ts';
import type { Reads } from './repeated-reads.ts';

let scopes = 0;

export class LimitedReads implements Reads {
  readonly #reads: Reads;
  readonly #whole: Store;
  readonly #limited: Store;
  /** Not of two scopes, however alike they are. */
  readonly #name = `${scopes++} `;

  /** `reads`: of the whole store. `limited`: what the token sees of it. */
  constructor(reads: Reads, whole: Store, limited: Store) {
    this.#reads = reads;
    this.#whole = whole;
    this.#limited = limited;
  }

  get(question: string, tag: string): TextAnswer | BytesAnswer | undefined {
    const whole = this.#wholeOf(tag);
    return whole === undefined ? undefined : this.#reads.get(this.#name + question, whole);
  }

  pass(question: string, tag: string, answer: Answer): Answer {
    const whole = this.#wholeOf(tag);
    return whole === undefined ? answer : this.#reads.pass(this.#name + question, whole, answer);
  }

  /**
   * The tag of the whole store, when the other one is that of what the token sees now; undefined: it is of a revision before. Tags differ
   * between scopes, so that what is kept with one of the whole store is kept for all of them.
   */
  #wholeOf(tag: string): string | undefined {
    // First, since a key may expire meanwhile: what is seen then has another tag.
    const whole = viewTag(this.#whole, this.#whole);
    return tag === viewTag(this.#limited, this.#limited) ? whole : undefined;
  }
}
