/**
 * Answers of addresses that may be slow or dead. A look never waits for one: it gets the last answer, and causes the
 * next question when that is due. So no address holds a worker of the queue.
 */
import type { Clock } from '../clock.ts';

export interface BackgroundOptions<T> {
  readonly clock: Clock;
  /** Milliseconds between two questions after an answer that is as it should be. */
  readonly steadyMs: number;
  /** The same after another one, for the first minute of those; afterwards it is `steadyMs` as well. */
  readonly soonMs: number;
  /** Whether two answers say the same. */
  readonly isSame: (a: T, b: T) => boolean;
  /** A subject has another answer than before. */
  readonly onChange: (subject: string) => void;
}

export interface Question<T> {
  readonly key: string;
  /** Whom the answer is about. */
  readonly subject: string;
  /** Has a deadline of its own and never rejects. */
  readonly ask: () => Promise<T>;
  /** Whether the answer is as it should be. */
  readonly isGood: (answer: T) => boolean;
}

export interface Answered<T> {
  readonly answer: T;
  /** Milliseconds until the next question is due. */
  readonly dueMs: number;
}

interface Entry<T> {
  readonly subject: string;
  answered?: { readonly answer: T };
  /** Since when answers have not been as they should be. */
  badSince?: number;
  dueAt: number;
  isAsking: boolean;
  lookedAt: number;
}

const soonForMs = 60_000;
/** Answers that are not looked at any more belong to something that is gone. */
const forgetMs = 30 * 60_000;

export class BackgroundAnswers<T> {
  readonly #options: BackgroundOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(options: BackgroundOptions<T>) {
    this.#options = options;
  }

  /** Undefined: there is no answer yet; `onChange` says when there is. */
  look(question: Question<T>): Answered<T> | undefined {
    const now = this.#options.clock.now();
    for (const [key, { lookedAt }] of this.#entries) if (now - lookedAt > forgetMs) this.#entries.delete(key);
    const entry = this.#entries.get(question.key) ?? {
      subject: question.subject,
      dueAt: now,
      isAsking: false,
      lookedAt: now,
    };
    this.#entries.set(question.key, entry);
    entry.lookedAt = now;
    if (entry.dueAt <= now && !entry.isAsking) void this.#ask(question, entry);
    if (entry.answered === undefined) return undefined;
    return { answer: entry.answered.answer, dueMs: entry.isAsking ? this.#options.soonMs : entry.dueAt - now };
  }

  /** Forgets what was asked about a subject under another key: those answers are of before something changed. */
  keepOnly(subject: string, key?: string): void {
    for (const [other, entry] of this.#entries) {
      if (entry.subject === subject && other !== key) this.#entries.delete(other);
    }
  }

  async #ask({ subject, ask, isGood }: Question<T>, entry: Entry<T>): Promise<void> {
    const { clock, steadyMs, soonMs, isSame, onChange } = this.#options;
    entry.isAsking = true;
    const answer = await ask();
    const now = clock.now();
    entry.isAsking = false;
    if (isGood(answer)) delete entry.badSince;
    else entry.badSince ??= now;
    const isSoon = entry.badSince !== undefined && now - entry.badSince < soonForMs;
    entry.dueAt = now + (isSoon ? soonMs : steadyMs);
    const before = entry.answered;
    entry.answered = { answer };
    if (before === undefined || !isSame(before.answer, answer)) onChange(subject);
  }
}
