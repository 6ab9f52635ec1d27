/**
 * Lets bodies arrive in turns. Node takes up to 2 MiB of a connection in one go, as long as the system has them, and goes on to the
 * next one: hundreds of large bodies would keep the event loop for a tenth of a second. So a turn takes half a mebibyte, and
 * what is left waits at the system, and with that at the clients.
 */

/** Bytes in a turn of the event loop; each connection may bring one piece more, which the system hands over in any case. */
const mostBytes = 512 * 1024;

/** Bodies that go on in a turn: each brings 64 KiB at once, or less. */
const mostGoOn = 8;

export class BodyTurns {
  readonly #nextTurn: (run: () => void) => void;
  #bytes = 0;
  #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** `nextTurn` calls back when what has come in is done. */
  constructor(nextTurn: (run: () => void) => void = setImmediate) {
    this.#nextTurn = nextTurn;
  }

  /** So much has come. False: this turn has had enough, and the body has to `wait`. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    this.#schedule();
    return this.#bytes <= mostBytes;
  }

  /** Calls back in another turn, first come, first served. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextTurn(() => {
      this.#isScheduled = false;
      this.#bytes = 0;
      const next = this.#waiting.slice(0, mostGoOn);
      this.#waiting = this.#waiting.slice(mostGoOn);
      for (const goOn of next) goOn();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
