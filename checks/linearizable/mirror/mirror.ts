/**
 * A client that keeps a copy of the store: it reads everything, watches from there, and applies what comes. It
 * reconnects at random, to any replica, and compares its copy with the store at the same revision now and then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Target } from '../clients/call.ts';
import { Comparison } from './comparison.ts';
import { Copy } from './copy.ts';
import { watch } from './event-stream.ts';
import type { Revisions } from './revisions.ts';
import { forms, readView, type View, ViewError } from './view.ts';

export interface MirrorOptions {
  readonly name: string;
  readonly replicas: readonly Target[];
  readonly random: () => number;
  /** Of the keys that it copies. */
  readonly prefix: string;
  /** Of all mirrors with this prefix. */
  readonly revisions: Revisions;
}

/** Milliseconds that a watch lasts, at the most. */
const longestWatch = 1500;

export class Mirror {
  readonly violations: string[] = [];
  readonly #options: MirrorOptions;
  readonly #running: Promise<void>;
  #stopped = false;
  readonly #copy: Copy;
  readonly #comparison: Comparison;

  constructor(options: MirrorOptions) {
    this.#options = options;
    const { name, revisions } = options;
    this.#comparison = new Comparison({
      read: () => this.#read(),
      onDifference: (difference) => this.violations.push(`${name}: ${difference}`),
      onError: (error) => this.#failed(error),
    });
    this.#copy = new Copy({ name, revisions, onRevision: (revision) => this.#comparison.at(this.#copy, revision) });
    this.#running = this.#run();
  }

  /** Comparisons with the store at one revision. */
  get compared(): number {
    return this.#comparison.count;
  }

  /** Resolves when the copy was compared with what the replicas show. Something must change meanwhile. */
  async finish(): Promise<void> {
    const { name, replicas } = this.#options;
    const from = this.compared;
    try {
      await waitFor('a comparison with the store', () => this.compared > from + 2 * replicas.length);
    } catch (error) {
      this.violations.push(`${name}: ${(error as Error).message}`);
    }
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    this.#copy.endSpan();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { lastId } = this.#copy;
        if (lastId === undefined) await this.#begin();
        else await this.#follow(lastId);
      } catch (error) {
        this.#failed(error);
      }
      if (this.#copy.lastId === undefined) await sleep(20);
    }
  }

  async #read(): Promise<View | undefined> {
    const { prefix, random } = this.#options;
    return readView(this.#replica(), prefix, forms[Math.floor(random() * forms.length)] ?? 'object');
  }

  async #begin(): Promise<void> {
    const view = await this.#read();
    if (view === undefined) return;
    this.#copy.begin(view);
    this.#comparison.forget();
  }

  async #follow(lastId: string): Promise<void> {
    const { prefix, random } = this.#options;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), random() * longestWatch);
    const isChecked = !this.#comparison.isDue && random() < 0.5;
    const check = isChecked ? this.#comparison.check(this.#copy, random() * 500) : undefined;
    try {
      const query = prefix === '' ? '' : `?prefix=${encodeURIComponent(prefix)}`;
      const { status } = await watch(`${this.#replica()}/watch${query}`, lastId, over.signal, (event) =>
        this.#comparison.take(this.#copy, event),
      );
      // The history does not go back so far: it is compacted, or was lost with a process of the embedded store.
      if (status === 410) this.#copy.forget();
      else if (status !== undefined) await sleep(50);
    } finally {
      clearTimeout(timer);
      over.abort();
      await check;
    }
  }

  /** Connections fail while there are faults. What an answer says that it must not is noted, and the copy begins anew. */
  #failed(error: unknown): void {
    if (!(error instanceof ViewError)) return;
    this.violations.push(`${this.#options.name}: ${error.message}`);
    this.#copy.forget();
  }

  #replica(): string {
    const { replicas, random } = this.#options;
    return replicas[Math.floor(random() * replicas.length)]?.url ?? '';
  }
}
