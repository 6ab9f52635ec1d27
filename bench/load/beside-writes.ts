/** A session beside which one client sets pairs at a steady rate, one after the other, for as long as a slice lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import type { Session, Slice, Summary } from './session.ts';

export interface BesideWritesOptions {
  readonly port: number;
  readonly perSecond: number;
  /** Of the sets: these, again and again. */
  readonly bodies: readonly string[];
}

export class BesideWrites implements Session {
  readonly #session: Session;
  readonly #options: BesideWritesOptions;
  readonly #writer: HttpConnection;
  /** Milliseconds of slices until the next set is due. */
  #untilNext: number;
  #written = 0;
  #failed = 0;

  constructor(session: Session, options: BesideWritesOptions) {
    this.#session = session;
    this.#options = options;
    this.#writer = new HttpConnection(options.port);
    this.#untilNext = 1000 / options.perSecond / 2;
  }

  async slice(milliseconds: number): Promise<Slice> {
    const stopping = new AbortController();
    const writing = this.#write(stopping.signal);
    try {
      return await this.#session.slice(milliseconds);
    } finally {
      stopping.abort();
      await writing;
    }
  }

  async end(): Promise<Summary> {
    this.#writer.close();
    const summary = await this.#session.end();
    return { ...summary, errors: summary.errors + this.#failed };
  }

  async #write(stopping: AbortSignal): Promise<void> {
    const { perSecond, bodies } = this.#options;
    let due = performance.now() + this.#untilNext;
    for (;;) {
      await sleep(Math.max(0, due - performance.now()), undefined, { signal: stopping }).catch(() => {});
      // Between two slices its time stands still.
      this.#untilNext = due - performance.now();
      if (stopping.aborted) return;
      const body = bodies[this.#written++ % bodies.length] ?? '{}';
      await this.#writer.send({ path: '/set', body }).catch(() => this.#failed++);
      due += 1000 / perSecond;
    }
  }
}
