/**
 * Checks the structure of the data file now and then while the service runs: damage that arises after the start can hide
 * keys from a search, or end the process. A thread of its own reads the pages; it holds up nothing.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from './clock.ts';

/** Milliseconds between two checks. */
const checkEvery = 3_600_000;

export interface DataCheckOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Keeps the pages of the newest state from being used again until it is closed. */
  readonly snapshot: () => { close(): void };
  /** Is told what is wrong, at each check. */
  readonly onDamage: (fault: string) => void;
}

export class DataCheck {
  readonly #options: DataCheckOptions;
  #cancel = () => {};
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: DataCheckOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Checks now; resolves with what is wrong, or undefined. */
  async run(): Promise<string | undefined> {
    const { directory, snapshot, onDamage } = this.#options;
    const view = snapshot();
    try {
      // A page that was read while it was written can look damaged: what is wrong stays wrong.
      let fault = await checkInThread(directory);
      if (fault !== undefined) fault = await checkInThread(directory);
      if (fault !== undefined && !this.#stopped) onDamage(fault);
      return fault;
    } finally {
      view.close();
    }
  }

  /** Resolves when no check is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(checkEvery, () => {
      // A store that cannot be read now is looked at the next time.
      this.#running = this.run()
        .catch(() => {})
        .finally(() => {
          if (!this.#stopped) this.#schedule();
        });
    });
  }
}

function checkInThread(directory: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./check-thread.ts', import.meta.url), { workerData: directory });
    worker.once('message', (fault: string | null) => resolve(fault ?? undefined));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The check of the data file ended early.')));
  });
}
