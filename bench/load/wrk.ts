/** A wrk that loads in slices (wrk.lua), on the cores of the process that starts it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { headOf, type LoadOptions, type Request } from './requests.ts';
import type { Session, Slice, Summary } from './session.ts';

const script = fileURLToPath(new URL('wrk.lua', import.meta.url));
/** A session takes seconds; wrk wants a time after which it ends by itself. */
const mostSeconds = 3600;
/** After so long an answer is an error. wrk asks the system for 8 bytes for each microsecond of it: an hour is more than machines have. */
const answerSeconds = 120;
/** Milliseconds that answers may take beyond their slice. */
const answerTimeout = 60_000;

/** As wrk.lua reads it: path, method, headers, body. */
function lineOf(request: Request): string {
  const { method, headers } = headOf(request);
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${[request.path, method, fields.join('\x1f'), request.body ?? ''].join('\t')}\n`;
}

export class WrkSession implements Session, Disposable {
  readonly #wrk: ChildProcessByStdio<Writable, Readable, null>;
  readonly #anyStatus: boolean;
  readonly #lines: AsyncIterator<string>;

  private constructor({ port, requests, connections, anyStatus = false }: LoadOptions) {
    this.#anyStatus = anyStatus;
    const threads = ['-t1', `-c${connections}`, `-d${mostSeconds}`, '--timeout', `${answerSeconds}s`];
    const args = [...threads, '-s', script, `http://127.0.0.1:${port}`, String(connections), String(requests.length)];
    this.#wrk = spawn('wrk', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // It has ended: the read of the next line fails.
    this.#wrk.stdin.on('error', () => {});
    this.#wrk.stdin.write(requests.map(lineOf).join(''));
    this.#lines = createInterface({ input: this.#wrk.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when it has connected. */
  static async begin(options: LoadOptions): Promise<WrkSession> {
    const session = new WrkSession(options);
    await session.#next(answerTimeout);
    return session;
  }

  async slice(milliseconds: number): Promise<Slice> {
    this.#wrk.stdin.write(`${milliseconds}\n`);
    return (await this.#next(milliseconds + answerTimeout)) as Slice;
  }

  async end(): Promise<Summary> {
    this.#wrk.stdin.write('end\n');
    // Its main thread sleeps until its time is over or this comes.
    this.#wrk.kill('SIGINT');
    const { statuses, errors, ...times } = (await this.#next(answerTimeout)) as Summary & { readonly statuses: number };
    return { ...times, errors: this.#anyStatus ? errors : errors + statuses };
  }

  /** Ends wrk, should it still run: it would for an hour. */
  [Symbol.dispose](): void {
    this.#wrk.kill('SIGKILL');
  }

  /** The next line of JSON among those that wrk prints for people. */
  async #next(deadline: number): Promise<unknown> {
    const timer = setTimeout(() => this.#wrk.kill('SIGKILL'), deadline);
    try {
      for (;;) {
        const { done, value } = await this.#lines.next();
        if (done === true) throw new Error('wrk has ended, or was ended because answers did not come');
        if (value.startsWith('{')) return JSON.parse(value);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
