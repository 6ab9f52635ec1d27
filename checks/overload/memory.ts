/** Resident memory of a process, looked at again and again. */
import { readFileSync } from 'node:fs';

export class Memory implements Disposable {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.now(), 100);
  }

  /** MiB; NaN where there is no /proc. */
  now(): number {
    const resident = residentOf(this.#pid);
    this.#most = Math.max(this.#most, resident);
    return resident;
  }

  /** The most that was seen. */
  get most(): number {
    return this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function residentOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
