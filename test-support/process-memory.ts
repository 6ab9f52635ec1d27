/** Memory of a process, as Linux counts it. */
import { readFileSync } from 'node:fs';

/** All that is resident, the most that ever was, or only what a container cannot take back: without pages of mapped files. */
export type MemoryKind = 'VmRSS' | 'VmHWM' | 'RssAnon';

/** MiB. @throws where there is no such process, or no /proc */
export function memoryOf(pid: number, kind: MemoryKind): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  // A process that has ended, but was not waited for, has none.
  if (kibibytes === undefined) throw new Error(`process ${pid} has no ${kind}`);
  return Number(kibibytes) / 1024;
}

/** Looks at it again and again. */
export class MemoryWatch implements Disposable {
  readonly #pid: number;
  readonly #kind: MemoryKind;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number, kind: MemoryKind) {
    this.#pid = pid;
    this.#kind = kind;
    this.#timer = setInterval(() => this.now(), 50);
  }

  /** MiB; 0 where there is no such process, or no /proc. */
  now(): number {
    const now = this.#look();
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

  #look(): number {
    try {
      return memoryOf(this.#pid, this.#kind);
    } catch {
      return 0;
    }
  }
}
