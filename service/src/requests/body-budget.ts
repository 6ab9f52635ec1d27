/**
 * Memory for bodies of requests, all together. A body counts with the bytes that it holds, from when they come until its
 * request is answered. When there is no room, the body that has been arriving for the longest makes room, so that clients
 * which send slowly keep no others from writing.
 */

/** A body that has been arriving for less than this many milliseconds is never ended to make room. */
const grace = 1000;

export class BodyBudget {
  readonly #most: number;
  readonly #now: () => number;
  #bytes = 0;
  /** In the order in which they began. */
  readonly #arriving = new Set<HeldBody>();

  /** `most` in bytes; `now` in milliseconds, monotonic. */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A body that arrives in more than one piece. `end` is called when it has to make room; it holds nothing then. */
  begin(end: () => void): HeldBody {
    const body = new HeldBody(this, this.#now(), end);
    this.#arriving.add(body);
    return body;
  }

  /** A body that came in one piece; undefined: there is no room for it. */
  hold(bytes: number): HeldBody | undefined {
    const body = new HeldBody(this, this.#now(), () => {});
    return body.grow(bytes) ? body : undefined;
  }

  /** For HeldBody. False: there is no room. */
  take(bytes: number, by: HeldBody): boolean {
    while (this.#bytes + bytes > this.#most) {
      const [oldest] = this.#arriving;
      if (oldest === undefined || oldest === by || this.#now() - oldest.since < grace) return false;
      oldest.release();
      oldest.end();
    }
    this.#bytes += bytes;
    return true;
  }

  /** For HeldBody. */
  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** For HeldBody: it is all there, or gone. */
  arrived(body: HeldBody): void {
    this.#arriving.delete(body);
  }
}

export class HeldBody {
  readonly since: number;
  readonly end: () => void;
  readonly #budget: BodyBudget;
  #bytes = 0;
  #released = false;

  constructor(budget: BodyBudget, since: number, end: () => void) {
    this.#budget = budget;
    this.since = since;
    this.end = end;
  }

  /** False: there is no room for so many bytes more. */
  grow(bytes: number): boolean {
    if (this.#released || !this.#budget.take(bytes, this)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** It is all there: it makes no room any more. */
  arrived(): void {
    this.#budget.arrived(this);
  }

  /** It is not needed any more; may be called again. */
  release(): void {
    this.#released = true;
    this.#budget.arrived(this);
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
  }
}
