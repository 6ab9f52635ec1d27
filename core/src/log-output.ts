/**
 * Where log lines go, so that no log can stop the process: a line that cannot be written is dropped and counted. One
 * line says how many were, as soon as one can be written again.
 */
import { writeSync } from 'node:fs';
import { openWithoutWaiting } from './terminal-output.ts';

export interface LogOutputOptions {
  /** Default: standard output; of a terminal, a descriptor that does not wait. */
  readonly fd?: number;
  /** As fs.writeSync. */
  readonly write?: (fd: number, bytes: Uint8Array, offset: number) => number;
  /** Called for lines that are lost. */
  readonly onDropped: (lines: number) => void;
  /** The line that says how many were lost. */
  readonly note: (dropped: number) => string;
  /** Calls back after some milliseconds, without keeping the process alive. */
  readonly later?: (callback: () => void, ms: number) => void;
}

/** Bytes that wait for a reader that takes nothing; what comes then is dropped. */
export const mostWaiting = 1 << 20;
/** Milliseconds after which a reader that took nothing is tried again. */
const retryAfter = 20;

export class LogOutput {
  readonly #options: Required<LogOutputOptions>;
  /** Lines that a pipe or a terminal has no room for; of the first one only the rest, from `#offset` on. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #offset = 0;
  /** Lost since the last note. */
  #dropped = 0;
  /** A line was written in part: what comes next must not be taken for its end. */
  #isTorn = false;
  #isScheduled = false;

  constructor(options: LogOutputOptions) {
    this.#options = {
      fd: options.fd ?? openWithoutWaiting(1),
      write: (fd, bytes, offset) => writeSync(fd, bytes, offset),
      later: (callback, ms) => void setTimeout(callback, ms).unref(),
      ...options,
    };
  }

  /** Bytes that wait for the reader. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  /** Writes a line, with its end, at once, keeps it for a reader that is slow, or drops it. Never throws, never waits. */
  write(line: string): void {
    const isNoted = this.#dropped > 0;
    const bytes = Buffer.from(isNoted ? this.#options.note(this.#dropped) + line : line);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > mostWaiting) {
      this.#drop(1);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length > 1) {
      // Behind others, the note is sure to come.
      if (isNoted) this.#dropped = 0;
      return;
    }
    const lost = this.#dropped;
    if (isNoted) this.#dropped = 0;
    if (!this.#drain()) this.#dropped += lost;
  }

  /** Resolves when everything is written, or after so many milliseconds. */
  async flush(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.#waitingBytes > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, retryAfter));
      this.#drain();
    }
  }

  /** False: what waited is lost. */
  #drain(): boolean {
    const { fd, write } = this.#options;
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        if (this.#isTorn && this.#offset === 0) {
          write(fd, newline, 0);
          this.#isTorn = false;
        }
        while (this.#offset < first.length) {
          const written = write(fd, first, this.#offset);
          this.#offset += written;
          this.#waitingBytes -= written;
        }
        this.#offset = 0;
        this.#waiting.shift();
      }
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
        this.#schedule();
        return true;
      }
      this.#isTorn ||= this.#offset > 0;
      const lost = this.#waiting.length;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#offset = 0;
      this.#drop(lost);
      return false;
    }
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#options.onDropped(lines);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.later(() => {
      this.#isScheduled = false;
      this.#drain();
    }, retryAfter);
  }
}

const newline = Buffer.from('\n');
