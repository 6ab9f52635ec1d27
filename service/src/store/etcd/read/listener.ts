/** A watcher with the position that it has reached. */
import type { Problem } from '@kvstore/core/problem.ts';
import { notifyWatcher } from '../../notify-watcher.ts';
import type { Revision, Watcher } from '../../store.ts';

export class Listener {
  /** The newest revision that was told. */
  last: number;
  readonly #on: Watcher;
  #opened = false;
  readonly #closing = new AbortController();
  /** Set while the watcher takes a revision. */
  #taking: Promise<void> | undefined;

  constructor(after: number, on: Watcher) {
    this.last = after;
    this.#on = on;
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Notifies the watcher once that the watch has begun. */
  open(): void {
    if (this.#opened || this.closed.aborted) return;
    this.#opened = true;
    this.#on.opened();
  }

  /**
   * Does nothing for a revision that was told before or that changed no pair. Never throws or rejects: a watcher that
   * fails is ended.
   */
  notify(revision: Revision): Promise<void> | undefined {
    if (revision.revision <= this.last || this.closed.aborted) return undefined;
    this.last = revision.revision;
    const taken = notifyWatcher(
      () => {
        this.open();
        if (revision.changes.length > 0) return this.#on.revision(revision);
      },
      (problem) => this.end(problem),
    )?.then(() => {
      if (this.#taking === taken) this.#taking = undefined;
    });
    if (taken !== undefined) this.#taking = taken;
    return taken;
  }

  /** Undefined: the watcher can take what it catches up with. */
  room(): Promise<void> | undefined {
    return this.#taking === undefined ? this.#on.room?.() : this.#taking.then(() => this.#on.room?.());
  }

  close(): void {
    this.#closing.abort();
  }

  end(problem: Problem): void {
    if (this.closed.aborted) return;
    this.close();
    this.#on.end(problem);
  }
}
