/** Answers that are taken for true for a while, by what was asked. */
import type { Clock } from '../clock.ts';

export class KeptAnswers<T> {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly until: number; readonly answer: T }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param keepMs milliseconds for which the answer is kept
   * @throws what `ask` throws, which is not kept
   */
  async of(key: string, ask: () => Promise<T>, keepMs: (answer: T) => number): Promise<T> {
    const now = this.#clock.now();
    for (const [old, { until }] of this.#known) if (until <= now) this.#known.delete(old);
    const known = this.#known.get(key);
    if (known !== undefined) return known.answer;
    const answer = await ask();
    this.#known.set(key, { until: this.#clock.now() + keepMs(answer), answer });
    return answer;
  }
}
