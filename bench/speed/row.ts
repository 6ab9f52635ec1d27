/** A row of the table: what is compared, and the bars it is held to. */
import type { Figure, Figures } from './figures.ts';

export interface Target {
  readonly name: string;
  /** Loads it once. */
  measure(seconds: number): Promise<Figures>;
}

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
