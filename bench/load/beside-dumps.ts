/** A session beside which clients take whole dumps, each at a steady rate, for as long as a slice lasts. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session, Slice, Summary } from './session.ts';

export interface BesideDumpsOptions {
  readonly port: number;
  /** Clients; each begins anew when it has all of a dump. */
  readonly clients: number;
  /** Bytes a second that a client takes. */
  readonly rate: number;
}

/** Bytes after which a client looks at the clock. */
const step = 256 * 1024;

export class BesideDumps implements Session {
  readonly #session: Session;
  readonly #options: BesideDumpsOptions;
  #taken = 0;

  constructor(session: Session, options: BesideDumpsOptions) {
    this.#session = session;
    this.#options = options;
  }

  async slice(milliseconds: number): Promise<Slice> {
    const stopping = new AbortController();
    const before = this.#taken;
    const dumps = Array.from({ length: this.#options.clients }, () => this.#dump(stopping.signal));
    const slice = await this.#session.slice(milliseconds);
    stopping.abort();
    await Promise.all(dumps);
    if (this.#taken === before) throw new Error('No dump was under way');
    return slice;
  }

  end(): Promise<Summary> {
    return this.#session.end();
  }

  async #dump(stopping: AbortSignal): Promise<void> {
    const { port, rate } = this.#options;
    const socket = connect(port, '127.0.0.1');
    stopping.addEventListener('abort', () => socket.destroy());
    // The end is not looked for: a dump behind the other keeps the rate.
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
    const begun = performance.now();
    let taken = 0;
    let unchecked = 0;
    try {
      for await (const data of socket) {
        const { length } = data as Buffer;
        taken += length;
        unchecked += length;
        this.#taken += length;
        if (unchecked < step) continue;
        unchecked = 0;
        await sleep(Math.max(0, begun + (taken / rate) * 1000 - performance.now()), undefined, { signal: stopping });
      }
    } catch (error) {
      if (!stopping.aborted) throw error;
    }
  }
}
