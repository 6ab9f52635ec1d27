/** Several mirrors of one store, and keys that expire while they look on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { call, type Target } from '../clients/call.ts';
import type { Operation } from '../history/operation.ts';
import { tagViolations } from '../judge/tags.ts';
import { Mirror } from './mirror.ts';
import { Revisions } from './revisions.ts';

export interface MirrorsOptions {
  readonly replicas: readonly Target[];
  /** A series of random numbers for each seed. */
  readonly random: (seed: number) => () => number;
  /** Of the keys that each copies: '' is all of them. */
  readonly prefixes: readonly string[];
  /** Milliseconds between two sets of keys that expire; default 50. */
  readonly pause?: number;
}

/** Seconds. */
const ttls = [1, 2];

export class Mirrors {
  readonly #options: MirrorsOptions;
  readonly #mirrors: readonly Mirror[];
  readonly #revisions = new Map<string, Revisions>();
  readonly #expiring: Promise<void>;
  #stopped = false;

  constructor(options: MirrorsOptions) {
    this.#options = options;
    const { replicas, prefixes, random } = options;
    this.#mirrors = prefixes.map((prefix, i) => {
      const revisions = this.#revisions.get(prefix) ?? new Revisions();
      this.#revisions.set(prefix, revisions);
      return new Mirror({ name: `mirror ${i}`, replicas, random: random(i), prefix, revisions });
    });
    this.#expiring = this.#setExpiring(random(prefixes.length));
  }

  /** Events that were taken. */
  get events(): number {
    return [...this.#revisions.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Comparisons of a whole copy with the store at the same revision. */
  get compared(): number {
    return this.#mirrors.reduce((sum, { compared }) => sum + compared, 0);
  }

  /** Waits until every copy was the same as what the replicas show, and stops. */
  async finish(): Promise<void> {
    await Promise.all(this.#mirrors.map((mirror) => mirror.finish()));
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#mirrors.map((mirror) => mirror.stop()), this.#expiring]);
  }

  /** After the end; `history`: of everything that was written. One text each. */
  violations(history: readonly Operation[]): string[] {
    const all = [...this.#revisions.values()];
    return [
      ...this.#mirrors.flatMap(({ violations }) => violations),
      ...all.flatMap((revisions) => revisions.violations),
      ...(this.#revisions.get('')?.missed(history) ?? []),
      ...tagViolations([...history, ...all.flatMap(({ events }) => events)]),
    ];
  }

  async #setExpiring(random: () => number): Promise<void> {
    const { replicas, pause = 50 } = this.#options;
    // For each prefix, so that every mirror has something to take until the end.
    for (let count = 0; !this.#stopped; count++) {
      const replica = replicas[count % replicas.length];
      const ttl = ttls[Math.floor(random() * ttls.length)];
      // What fails says nothing: another one follows.
      const set = Object.fromEntries([...this.#revisions.keys()].map((prefix) => [`${prefix}brief-${count}`, 'x']));
      if (replica !== undefined && ttl !== undefined) await call(replica, { set, ttl });
      await sleep(random() * 2 * pause);
    }
  }
}
