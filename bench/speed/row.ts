/** A row of the table: what is compared, and the bars it is held to. */
import type { Session } from '../load/session.ts';
import type { Figure } from './figures.ts';

/** What is loaded, in turn with the others of its row. */
export interface LoadedTarget {
  readonly name: string;
  /** The processes that serve it. */
  readonly pids: readonly number[];
  /** Connects; one session a round. */
  begin(): Promise<Session>;
}

/** What is a number by itself, taken once a round: the milliseconds of a start, a size. */
export interface SingleTarget {
  readonly name: string;
  take(): Promise<number>;
}

export type Target = LoadedTarget | SingleTarget;

/** `of` divided by `against` in the same round; the median over all rounds counts. */
export interface Bar {
  readonly of: string;
  readonly against: string;
  readonly figure: Figure;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Contest {
  readonly targets: readonly Target[];
  readonly bars: readonly Bar[];
  /**
   * Milliseconds of a slice; default: sliceMilliseconds. A longer one where fifty answers take somebody so long that to wait
   * for the last ones would be most of the time.
   */
  readonly slice?: number;
}

/** What rows share: places and what must be ended. */
export interface Bench {
  /** A folder for everything a row writes, on the disk that is measured. */
  readonly scratch: string;
  /** Ends what a row has started, the last first. */
  readonly ending: AsyncDisposableStack;
}

export interface Row {
  /** As it is chosen on the command line. */
  readonly name: string;
  readonly title: string;
  /** Programs it needs besides Node and ours. The row is skipped, and says so, where one is missing. */
  readonly needs?: Readonly<Record<string, () => boolean>>;
  /** Starts what is compared. */
  open(bench: Bench): Promise<Contest>;
}
