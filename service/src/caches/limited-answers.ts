/**
 * What is kept for the whole store, for a token that is limited to prefixes: a key's value and what begins with a text are the same
 * for everybody who reaches them. Searches by suffix are not: they find keys outside.
 */
import type { TextAnswer } from '../answers/answer.ts';
import type { Scope } from '../store/limited/scope.ts';
import type { Answers, Source } from './answer-cache.ts';
import type { AskedBy } from './answer-generation.ts';

export class LimitedAnswers implements Answers {
  readonly #answers: Answers;
  readonly #scope: Scope;

  /** Sources that it is given read what the scope reaches, and no more. */
  constructor(answers: Answers, scope: Scope) {
    this.#answers = answers;
    this.#scope = scope;
  }

  get(by: AskedBy, asked: string): TextAnswer | undefined {
    return this.#isWithin(by, asked) ? this.#answers.get(by, asked) : undefined;
  }

  answer<Found extends TextAnswer | undefined>(source: Source<Found>, asked: string): Found | TextAnswer {
    return this.#isWithin(source.by, asked) ? this.#answers.answer(source, asked) : source.answer(asked);
  }

  answers<Found extends TextAnswer | undefined>(source: Source<Found>): (asked: string) => Found | TextAnswer {
    return (asked) => this.answer(source, asked);
  }

  /** All that begins with a text which the scope has is in the scope. */
  #isWithin(by: AskedBy, asked: string): boolean {
    return by !== 'suffix' && this.#scope.has(asked);
  }
}
