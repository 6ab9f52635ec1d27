/** Clients of each replica that increment the same few counters and read them; what they do is recorded. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../history/operation.ts';
import { type Counted, counterViolations } from '../judge/counter-history.ts';
import { call, type Target } from './call.ts';
import { type ClientsOptions, startClients } from './clients.ts';

export interface CountersOptions extends ClientsOptions {
  /** The share of reads; default 0.3. */
  readonly reads?: number;
}

const names = ['counter-a', 'counter-b'] as const;

/** Answers that say that nothing was added. */
const notAdded = ['unavailable', 'overloaded', 'storage-full'];

export class Counters {
  readonly #options: CountersOptions;
  readonly #clients: readonly Promise<void>[];
  readonly #histories = new Map<string, Counted[]>(names.map((name) => [name, []]));
  readonly #writes: Operation[] = [];
  #stopped = false;

  constructor(options: CountersOptions) {
    this.#options = options;
    const { reads = 0.3 } = options;
    this.#clients = startClients(options, (client, writes) => this.#run(client, writes ? reads : 1));
  }

  /** Increments of one counter that were answered, for the copies and entity tags that are compared with them. */
  get writes(): readonly Operation[] {
    return this.#writes;
  }

  /** Operations, over all counters. */
  get count(): number {
    return [...this.#histories.values()].reduce((sum, { length }) => sum + length, 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** Reads what the counters hold at the end. Rejects when a replica does not answer. */
  async finish(): Promise<void> {
    await this.stop();
    for (const replica of this.#options.replicas) {
      for (const name of names) if (!(await this.#read(replica, name))) throw new Error(`${name} cannot be read`);
    }
  }

  violations(): string[] {
    return [...this.#histories].flatMap(([name, history]) =>
      counterViolations(history).map((text) => `${name}: ${text}`),
    );
  }

  async #run(client: number, reads: number): Promise<void> {
    const { replicas, random, rest = 4 } = this.#options;
    while (!this.#stopped) {
      const replica = replicas[client % replicas.length];
      const name = names[random() < 0.8 ? 0 : 1];
      const both = random() < 0.1;
      if (replica === undefined) return;
      const done = random() < reads ? this.#read(replica, name) : this.#add(client, replica, both ? names : [name]);
      await sleep(random() * rest * ((await done) ? 1 : 5));
    }
  }

  /** False: it failed. */
  async #add(client: number, replica: Target, keys: readonly string[]): Promise<boolean> {
    const start = performance.now();
    const { values, tag, error } = await call(replica, { increment: keys });
    if (error !== undefined && notAdded.includes(error)) return false;
    const end = error === undefined ? performance.now() : Number.POSITIVE_INFINITY;
    for (const [i, key] of keys.entries()) {
      const value = values === undefined ? undefined : Number(values[i]);
      this.#histories.get(key)?.push({ kind: 'increment', value, start, end });
      if (value === undefined || tag === undefined || keys.length > 1) continue;
      this.#writes.push({ client, kind: 'write', register: key, value: String(value), tag, start, end });
    }
    return error === undefined;
  }

  async #read(replica: Target, key: string): Promise<boolean> {
    const start = performance.now();
    const { values, error } = await call(replica, { get: [key] });
    if (error !== undefined) return false;
    const value = Number(values?.[0] ?? 0);
    this.#histories.get(key)?.push({ kind: 'read', value, start, end: performance.now() });
    return true;
  }
}
