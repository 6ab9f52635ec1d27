/** Memory of a process that a container cannot take back: pages of mapped files are left out. */
import { readFileSync } from 'node:fs';

export class AnonymousMemory implements Disposable {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.now(), 50);
  }

  /** MiB; 0 where there is no /proc. */
  now(): number {
    const now = anonymousOf(this.#pid);
    this.#most = Math.max(this.#most, now);
    return now;
  }

  /** The most that was seen. */
  get most(): number {
    return this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function anonymousOf(pid: number): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return 0;
  }
}
