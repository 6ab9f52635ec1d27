/**
 * How many watches read what they have missed from etcd at the same time: each holds what etcd sends at once, up to its
 * largest request. Others wait in the order in which they came, and while they do, a watch reads for a turn at a time.
 */
import type { Clock } from '../../clock.ts';

/** Milliseconds that a watch may keep its place while others wait. Each turn makes etcd read the history again. */
export const turnTime = 1000;

export interface Place {
  /** Aborted when others wait and the turn is over: give the place back soon, and take one again behind them. */
  readonly turn: AbortSignal;
  /** Called again, it does nothing. */
  giveBack(): void;
}

interface Held {
  readonly since: number;
  readonly turn: AbortController;
}

export class HistoryReads {
  readonly #most: number;
  readonly #clock: Clock;
  /** The longest held first. */
  readonly #held = new Set<Held>();
  readonly #waiting = new Set<() => void>();
  #cancelLook = () => {};

  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
  }

  /** Resolves when there is a place, with undefined when the watch is closed before. */
  take(closed: AbortSignal): Promise<Place | undefined> {
    if (closed.aborted) return Promise.resolve(undefined);
    if (this.#held.size < this.#most) return Promise.resolve(this.#hold());
    return this.#wait(closed);
  }

  #wait(closed: AbortSignal): Promise<Place | undefined> {
    return new Promise((resolve) => {
      const go = () => end(this.#hold());
      const leave = () => end(undefined);
      const end = (place: Place | undefined) => {
        this.#waiting.delete(go);
        closed.removeEventListener('abort', leave);
        resolve(place);
      };
      this.#waiting.add(go);
      closed.addEventListener('abort', leave);
      this.#endTurns();
    });
  }

  #hold(): Place {
    const held = { since: this.#clock.now(), turn: new AbortController() };
    this.#held.add(held);
    return {
      turn: held.turn.signal,
      giveBack: () => {
        if (!this.#held.delete(held)) return;
        const [next] = this.#waiting;
        next?.();
        this.#endTurns();
      },
    };
  }

  /** Ends as many turns as watches wait, those that have had their time, and looks again when the next one has. */
  #endTurns(): void {
    this.#cancelLook();
    this.#cancelLook = () => {};
    let wanted = this.#waiting.size;
    for (const { since, turn } of this.#held) {
      if (wanted <= 0) return;
      const left = since + turnTime - this.#clock.now();
      if (left > 0) {
        this.#cancelLook = this.#clock.after(left, () => this.#endTurns());
        return;
      }
      wanted--;
      turn.abort();
    }
  }
}
