/** Notices that the other side of a connection is silent. */
import type { Clock } from '../../clock.ts';

/** Milliseconds between frames, where nothing else is sent. */
export const aliveInterval = 500;
/** Milliseconds without a frame that end a connection. */
export const silenceLimit = 1500;

/** Calls back once when nothing was heard for `silenceLimit`. A frame costs no timer: it only notes the time. */
export class SilenceTimer {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  #heard: number;
  #cancel: () => void = () => {};

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
    this.#heard = clock.now();
    this.#wait(silenceLimit);
  }

  hear(): void {
    this.#heard = this.#clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(milliseconds: number): void {
    this.#cancel = this.#clock.after(milliseconds, () => this.#look(() => this.#lookAgain()));
  }

  /** After a pause of this process the frames of the time are still unread: sockets are read before the second look. */
  #lookAgain(): void {
    const immediate = setImmediate(() => this.#look(this.#onSilence));
    this.#cancel = () => clearImmediate(immediate);
  }

  #look(onSilent: () => void): void {
    const left = this.#heard + silenceLimit - this.#clock.now();
    if (left > 0) this.#wait(left);
    else onSilent();
  }
}
