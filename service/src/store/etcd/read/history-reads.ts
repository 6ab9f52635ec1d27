/**
 * How many watches read what they have missed from etcd at the same time: each holds what etcd sends at once, up to its
 * largest request. Others wait in the order in which they came.
 */
export class HistoryReads {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  /** Others wait: one that reads nothing for its client should make room. */
  get areWanted(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves with what gives the place back, or with undefined when the watch is closed before there is one. */
  async take(closed: AbortSignal): Promise<(() => void) | undefined> {
    if (closed.aborted) return undefined;
    if (this.#free > 0) this.#free--;
    else if (!(await this.#wait(closed))) return undefined;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#give();
    };
  }

  /** False: it was closed, and has no place. */
  #wait(closed: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const go = () => end(true);
      const leave = () => end(false);
      const end = (hasPlace: boolean) => {
        this.#waiting.delete(go);
        closed.removeEventListener('abort', leave);
        resolve(hasPlace);
      };
      this.#waiting.add(go);
      closed.addEventListener('abort', leave);
    });
  }

  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next();
  }
}
