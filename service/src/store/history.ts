/** The newest revisions in memory, for those who watch the embedded store: what they missed, then what happens. */
import { setImmediate } from 'node:timers/promises';
import { Problem } from '../errors.ts';
import type { Revision, Watch, Watcher } from './store.ts';

export interface HistoryLimits {
  readonly maxChanges: number;
  /** Characters of keys and values. */
  readonly maxCharacters: number;
}

export const historyLimits: HistoryLimits = { maxChanges: 100_000, maxCharacters: 16 << 20 };

/** Revisions that one watch catches up with in a turn of the event loop: many may begin again at once. */
const revisionsPerTurn = 64;

export class History {
  readonly #limits: HistoryLimits;
  /**
   * Those behind #start, one after the other; the first `#gone` places are empty. A Map that is filled at one end and
   * emptied at the other takes sixteen times as long.
   */
  #kept: (Revision | undefined)[] = [];
  #gone = 0;
  readonly #live = new Set<Listener>();
  readonly #all = new Set<Listener>();
  /** Everything behind this revision is kept. */
  #start: number;
  #newest: number;
  #changes = 0;
  #characters = 0;

  /** `revision`: the store's newest, at which history begins. */
  constructor(revision: number, limits: HistoryLimits = historyLimits) {
    this.#start = revision;
    this.#newest = revision;
    this.#limits = limits;
  }

  /** Revisions follow each other without a gap. */
  add(revision: Revision): void {
    this.#kept.push(revision);
    this.#newest = revision.revision;
    this.#changes += revision.changes.length;
    this.#characters += charactersOf(revision);
    while (this.#changes > this.#limits.maxChanges || this.#characters > this.#limits.maxCharacters)
      this.#forgetFirst();
    for (const listener of this.#live) void listener.on.revision(revision);
  }

  /** See Store.watch. */
  watch(after: number, on: Watcher): Watch {
    const listener = new Listener(after, on, () => this.#newest);
    this.#all.add(listener);
    // Nobody hears of anything before the caller has the watch in hand.
    queueMicrotask(() => {
      this.#catchUp(listener).catch((cause: unknown) => {
        const problem = cause instanceof Problem ? cause : new Problem('internal', 'The watch failed.', { cause });
        this.#end(listener, problem);
      });
    });
    return {
      get position() {
        return listener.position;
      },
      close: () => this.#forget(listener),
    };
  }

  /** Ends every watch. */
  close(problem: Problem): void {
    for (const listener of this.#all) this.#end(listener, problem);
  }

  async #catchUp(listener: Listener): Promise<void> {
    if (listener.told > this.#newest) {
      throw new Problem(
        'history-gone',
        `Revision ${listener.told} is not of this store: its newest is ${this.#newest}.`,
      );
    }
    let opened = false;
    let told = 0;
    while (this.#all.has(listener)) {
      if (listener.told < this.#start) {
        const from = `history begins behind revision ${this.#start}`;
        throw new Problem('history-gone', `What came after revision ${listener.told} is not known: ${from}.`);
      }
      if (!opened) listener.on.opened();
      opened = true;
      const next = this.#kept[this.#gone + listener.told - this.#start];
      if (next === undefined) {
        listener.live = true;
        this.#live.add(listener);
        return;
      }
      listener.told = next.revision;
      await listener.on.revision(next);
      if (++told % revisionsPerTurn === 0) await setImmediate();
    }
  }

  #end(listener: Listener, problem: Problem): void {
    if (this.#forget(listener)) listener.on.end(problem);
  }

  #forget(listener: Listener): boolean {
    this.#live.delete(listener);
    return this.#all.delete(listener);
  }

  #forgetFirst(): void {
    const first = this.#kept[this.#gone];
    if (first === undefined) return;
    this.#kept[this.#gone++] = undefined;
    // Only once in a while, since it moves all the others.
    if (this.#gone * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#gone);
      this.#gone = 0;
    }
    this.#start = first.revision;
    this.#changes -= first.changes.length;
    this.#characters -= charactersOf(first);
  }
}

class Listener {
  readonly on: Watcher;
  live = false;
  told: number;
  readonly #newest: () => number;

  constructor(after: number, on: Watcher, newest: () => number) {
    this.told = after;
    this.on = on;
    this.#newest = newest;
  }

  get position(): number {
    return this.live ? this.#newest() : this.told;
  }
}

function charactersOf({ changes }: Revision): number {
  let sum = 0;
  for (const { key, value } of changes) sum += key.length + (value?.length ?? 0);
  return sum;
}
