/** Answers in two generations: what is not asked for while the young one fills up is dropped with the old one. */
import type { TextAnswer } from '../answers/answer.ts';
import { type AskedBy, bytesOf, Generation } from './answer-generation.ts';

export class Generations {
  readonly #bytes: number;
  #young = new Generation();
  #old = new Generation();

  /** `maxBytes`: of both, about; 0 keeps nothing. */
  constructor(maxBytes: number) {
    this.#bytes = maxBytes / 2;
  }

  get(by: AskedBy, asked: string): TextAnswer | undefined {
    const young = this.#young.get(by, asked);
    if (young !== undefined) return young;
    const old = this.#old.get(by, asked);
    if (old !== undefined) this.keep(by, asked, old);
    return old;
  }

  keep(by: AskedBy, asked: string, answer: TextAnswer): void {
    // What fills one by itself would drop all others.
    if (bytesOf(asked, answer) > this.#bytes) return;
    this.#young.keep(by, asked, answer);
    if (this.#young.bytes < this.#bytes) return;
    this.#old = this.#young;
    this.#young = new Generation();
  }

  /** All answers that show the key, or would if it were there. */
  drop(key: string): void {
    this.#young.drop(key);
    this.#old.drop(key);
  }

  clear(): void {
    this.#young = new Generation();
    this.#old = new Generation();
  }
}
