/**
 * Checks the structure of the data file again and again while the service runs: damage that arises after the start can
 * hide keys from a search, or end the process. A thread of its own reads the pages; it holds up nothing.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';

/** A check is followed by a pause of so many times its work: together they take a hundredth of a core. */
const pauseFactor = 100;

/** Milliseconds that a check may keep pages from being used again: meanwhile the file grows by all that is written. */
const longestCheck = 30_000;

export interface DataCheckOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Milliseconds between two checks at least; 0: none is made by itself. */
  readonly interval: number;
  /** Keeps the pages of the newest state from being used again until it is closed. */
  readonly snapshot: () => { close(): void };
  /** Called at each check with what is wrong; undefined: nothing. */
  readonly onChecked: (fault: string | undefined) => void;
}

/** What the thread says. */
export interface CheckResult {
  readonly fault: string | undefined;
  /** Milliseconds of its work. */
  readonly worked: number;
}

export class DataCheck {
  readonly #options: DataCheckOptions;
  #cancel = () => {};
  #stopped = false;
  /** Milliseconds that the last check worked. */
  #worked = 0;
  #running: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;

  constructor(options: DataCheckOptions) {
    this.#options = options;
    if (options.interval > 0) this.#schedule();
  }

  /** Checks now; resolves with what is wrong, or undefined. Rejects when the file cannot be read, after half a minute, or after `stop`. */
  async run(): Promise<string | undefined> {
    const { snapshot, onChecked, clock } = this.#options;
    const view = snapshot();
    // What it would have taken is not known, but that much it has.
    const cancel = clock.after(longestCheck, async () => {
      this.#worked = Math.max(this.#worked, longestCheck);
      await this.#worker?.terminate();
    });
    try {
      // A page that was read while it was written can look damaged: what is wrong stays wrong.
      let { fault, worked } = await this.#inThread();
      if (fault !== undefined) ({ fault, worked } = await this.#inThread());
      this.#worked = worked;
      onChecked(fault);
      return fault;
    } finally {
      cancel();
      view.close();
    }
  }

  /** Milliseconds until the next check by itself. */
  get pause(): number {
    return Math.max(this.#options.interval, pauseFactor * this.#worked);
  }

  /** Breaks off a check that is under way, which may take long; resolves when none is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#worker?.terminate();
    await this.#running;
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(this.pause, () => {
      // A store that cannot be read now is looked at the next time.
      this.#running = this.run()
        .catch(() => {})
        .finally(() => {
          if (!this.#stopped) this.#schedule();
        });
    });
  }

  #inThread(): Promise<CheckResult> {
    if (this.#stopped) return Promise.reject(new Error('The store is closed.'));
    const workerData = this.#options.directory;
    const worker = new Worker(new URL('./check-thread.ts', import.meta.url), { workerData });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('The check of the data file ended early.')));
    });
  }
}
