/** Compares a copy with the store at one revision: with a view that is read while events of the copy wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEvent } from '@kvstore/core/event-stream.js';
import type { Copy } from './copy.ts';
import { differences, type View, ViewError } from './view.ts';

export interface ComparisonOptions {
  readonly read: () => Promise<View | undefined>;
  readonly onDifference: (difference: string) => void;
  /** What a view or an event says that it must not, or a failed connection. */
  readonly onError: (error: unknown) => void;
}

export class Comparison {
  /** How many were made. */
  count = 0;
  readonly #options: ComparisonOptions;
  /** To be compared with, when everything until its revision was applied. */
  #view: View | undefined;
  /** While a view is read, events wait: the copy must not pass its revision. */
  #waiting: ServerEvent[] | undefined;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** A view waits for the copy. */
  get isDue(): boolean {
    return this.#view !== undefined;
  }

  forget(): void {
    this.#view = undefined;
  }

  /** Throws ViewError, as Copy.take does. */
  take(copy: Copy, event: ServerEvent): void {
    if (this.#waiting === undefined) copy.take(event);
    else this.#waiting.push(event);
  }

  /** Reads a view to compare the copy with. */
  async check(copy: Copy, delay: number): Promise<void> {
    const { read, onError } = this.#options;
    await sleep(delay);
    const waiting: ServerEvent[] = [];
    this.#waiting = waiting;
    const { revision: before, written } = copy;
    try {
      const view = await read();
      if (view !== undefined && view.revision < written) {
        throw new ViewError(`the store showed revision ${view.revision} after a watch had brought ${written}`);
      }
      this.#view = view;
      if (copy.isWhole) this.at(copy, before);
    } catch (error) {
      onError(error);
    }
    this.#waiting = undefined;
    try {
      for (const event of waiting) copy.take(event);
    } catch (error) {
      onError(error);
    }
  }

  /** The copy is what the store held at this revision, and since the one of the event before. */
  at(copy: Copy, revision: number): void {
    const view = this.#view;
    if (view === undefined || view.revision > revision) return;
    this.#view = undefined;
    this.count++;
    for (const difference of differences(copy.pairs, view).slice(0, 10)) this.#options.onDifference(difference);
  }
}
