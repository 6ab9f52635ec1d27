/**
 * Memory for what is under way to or from clients: bodies that arrive, answers that are not taken yet. When there is no
 * room, the one that has been under way for the longest makes room, so that slow clients take nothing from others.
 */

/** What has been under way for less than this many milliseconds is never ended to make room. */
const grace = 1000;

export class ByteBudget {
  readonly #most: number;
  readonly #now: () => number;
  #bytes = 0;
  /** In the order in which they began. */
  readonly #underWay = new Set<HeldBytes>();

  /** `most` in bytes; `now` in milliseconds, monotonic. */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `end` is called when it has to make room; it holds nothing then. */
  begin(end: () => void): HeldBytes {
    const held = new HeldBytes(this, this.#now(), end);
    this.#underWay.add(held);
    return held;
  }

  /**
   * What is all there at once, and never makes room; undefined: there is none for it.
   * @param share of the budget (0 to 1) that must do for all that is held: what can do without leaves the rest to others
   */
  hold(bytes: number, share = 1): HeldBytes | undefined {
    const held = new HeldBytes(this, this.#now(), () => {});
    return held.grow(bytes, share) ? held : undefined;
  }

  /** For HeldBytes. False: there is no room. */
  take(bytes: number, by: HeldBytes, share: number): boolean {
    if (share < 1 && this.#bytes + bytes > this.#most * share) return false;
    while (this.#bytes + bytes > this.#most) {
      const [oldest] = this.#underWay;
      if (oldest === undefined || oldest === by || this.#now() - oldest.since < grace) return false;
      oldest.release();
      oldest.end();
    }
    this.#bytes += bytes;
    return true;
  }

  /** For HeldBytes. */
  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** For HeldBytes: it makes no room any more. */
  settled(held: HeldBytes): void {
    this.#underWay.delete(held);
  }
}

export class HeldBytes {
  readonly since: number;
  readonly end: () => void;
  readonly #budget: ByteBudget;
  #bytes = 0;
  #released = false;

  constructor(budget: ByteBudget, since: number, end: () => void) {
    this.#budget = budget;
    this.since = since;
    this.end = end;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False: there is no room for so many bytes more. `share`: as of `hold`. */
  grow(bytes: number, share = 1): boolean {
    if (this.#released || !this.#budget.take(bytes, this, share)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** So many bytes are left of it. */
  shrink(to: number): void {
    const rest = Math.min(to, this.#bytes);
    this.#budget.give(this.#bytes - rest);
    this.#bytes = rest;
  }

  /** It is all there: it makes no room any more. */
  settle(): void {
    this.#budget.settled(this);
  }

  /** It is not needed any more; may be called again. */
  release(): void {
    this.#released = true;
    this.#budget.settled(this);
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
  }
}
