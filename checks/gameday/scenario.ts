/** One way to break a store: the fault, the alert that has to say so, and what the runbook does about it. */
import type { KvStoreHandle } from '../../e2e/support/kvstore.ts';
import type { Part } from './runbook.ts';

export interface Scenario {
  /** For `--only`, and its key in results.json. */
  readonly name: string;
  /** What is broken, in a few words. */
  readonly title: string;
  /** How it is broken, and what stands in for what, in sentences. */
  readonly how: string;
  /** The alert that leads to the runbook. */
  readonly alert: string;
  /** spec of its KvStore. */
  readonly spec?: object;
  /** Status of GET / once it serves; 200 unless it says so. */
  readonly status?: number;
  /** Of the requests that a client sends all the time. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The uid of the dashboard to take a picture of while the alert fires. */
  readonly picture?: string;
  /** True: nothing else runs meanwhile. */
  readonly alone?: true;
  /** Why it cannot be played on this cluster; undefined: it can. */
  readonly missing?: () => Promise<string | undefined>;
  /** What has to be there before the KvStore. Returns what removes what is not in the namespace. */
  readonly prepare?: (namespace: string) => Promise<(() => Promise<void>) | undefined>;
  /** Breaks it. Returns what goes on until the repair is over, such as a load. */
  readonly break: (store: KvStoreHandle) => Promise<Ongoing | undefined>;
  /** The commands that end it, in their order. */
  readonly repair: readonly Step[];
  /** Placeholders of all commands, such as NODE, and what takes their place on this cluster. Asked before the first command. */
  readonly placeholders?: (pod: string, store: KvStoreHandle) => Promise<Readonly<Record<string, string>>>;
  /** The value of the label `pod` for the commands, where the alert has none. */
  readonly pod?: (store: KvStoreHandle) => Promise<string>;
}

export interface Ongoing {
  /** Before the commands of the runbook, for what a person would end first: a writer that fills the disk. */
  stopBefore?(): Promise<void>;
  /** When the alert is over. */
  stop(): Promise<void>;
}

/** A command of the runbook, or all of a section of docs/etcd-recovery.md. */
export type Step = RunbookStep | { readonly recovery: string };

export interface RunbookStep {
  /** The alert whose section has it; the scenario's own unless it says so. */
  readonly alert?: string;
  readonly part?: Part;
  /** Matches this command of the part alone. */
  readonly has: RegExp;
  /** True: with the other commands of its block. */
  readonly isBlock?: true;
  /** Placeholders, and what a person puts in their place. */
  readonly fill?: Readonly<Record<string, string>>;
  /** What stands for the person in `kubectl edit`. */
  readonly editor?: string;
}

/** What was measured. Seconds unless they say otherwise. */
export interface Measured {
  readonly name: string;
  /** ISO 8601 date of the run. */
  readonly date: string;
  /** Average number of processes that wanted to run in the minute before the alert; the machine's cores. */
  readonly load: number;
  readonly cores: number;
  /** The alert's own wait, and the one that was used. */
  readonly productWait: number;
  readonly wait: number;
  /** From the fault until the alert fired. */
  readonly firedAfter: number;
  /** Other alerts of the store that fired before the repair, with the same time. */
  readonly others: Readonly<Record<string, number>>;
  /** Panels that were not green, as `dashboard: title = value (colour)`. */
  readonly panels: readonly string[];
  /** Requests of a client from the fault until the repair, and how many of them failed. */
  readonly requests: number;
  readonly failed: number;
  /** Commands of the part Check that ended with an error, as some do because of the fault. */
  readonly failedChecks: readonly string[];
  /** The commands that ended it. */
  readonly commands: readonly string[];
  /** From the first of them until the alert was over, and until the store was Ready with nothing under way. */
  readonly overAfter: number;
  readonly settledAfter: number;
  /** What disturbed this run, in a sentence, added by hand. */
  readonly note?: string;
}
