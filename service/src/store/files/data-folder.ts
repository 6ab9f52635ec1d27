/**
 * Is the data file still where it was opened? When its folder is removed or replaced, LMDB goes on with a file that has
 * no name any more, and everything written to it is lost with the process.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';

/** Milliseconds between two looks while nothing is written. */
const lookEvery = 1000;

export interface DataFolderOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Called once for each change. */
  readonly onChange: (isLost: boolean) => void;
  /** Called at each look while nothing is written, unless the folder is lost. */
  readonly onLook?: () => void;
}

export class DataFolder {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #onChange: (isLost: boolean) => void;
  readonly #onLook: () => void;
  /** The file was written to by something else. */
  #isOverwritten = false;
  #identity: string | undefined;
  #isLost = false;
  #cancel = () => {};

  /** Call it right after the file was opened. */
  constructor({ directory, clock, onChange, onLook = () => {} }: DataFolderOptions) {
    this.#file = join(directory, 'data.mdb');
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onLook = onLook;
    this.opened();
    this.#watch();
  }

  /** As of the last look. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The file there is now is the one in use. */
  opened(): void {
    this.#identity = this.#found();
    this.#set(false);
  }

  /** What the file holds is not what was written to it: as good as lost, until the process ends. */
  overwritten(): void {
    this.#isOverwritten = true;
    this.#set(true);
  }

  /** Looks now; takes some microseconds. True: it is lost. */
  look(): boolean {
    this.#set(this.#isOverwritten || this.#identity === undefined || this.#found() !== this.#identity);
    return this.#isLost;
  }

  stop(): void {
    this.#cancel();
  }

  #watch(): void {
    this.#cancel = this.#clock.after(lookEvery, () => {
      // First: a listener may stop it.
      this.#watch();
      if (!this.look()) this.#onLook();
    });
  }

  #set(isLost: boolean): void {
    if (isLost === this.#isLost) return;
    this.#isLost = isLost;
    this.#onChange(isLost);
  }

  /** Device and inode; undefined: there is no file, or the file system does not answer. */
  #found(): string | undefined {
    try {
      const { dev, ino } = statSync(this.#file, { bigint: true });
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  }
}
