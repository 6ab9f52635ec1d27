/** Clients that set, read, set several keys at once and read them at once; everything they do is recorded. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '../service-process.ts';
import { call } from './call.ts';
import type { Operation } from './history.ts';

export interface WorkloadOptions {
  /** The process that a client talks to; it may be replaced while the workload runs. */
  readonly replicas: readonly ServiceProcess[];
  readonly clientsPerReplica: number;
  readonly random: () => number;
  /** Reads are made without the barrier: the history is expected to be broken. */
  readonly stale: boolean;
}

/** Keys change now and then, so that writes of unknown outcome, which stay possible for ever, don't pile up on one. */
const operationsPerEpoch = 600;
const keysPerEpoch = 3;
const groupSize = 3;

export class Workload {
  readonly history: Operation[] = [];
  readonly errors = new Map<string, number>();
  readonly #options: WorkloadOptions;
  readonly #clients: Promise<void>[] = [];
  #stopped = false;
  #count = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    const { replicas, clientsPerReplica } = options;
    for (let client = 0; client < replicas.length * clientsPerReplica; client++) this.#clients.push(this.#run(client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(client: number): Promise<void> {
    const { replicas, random } = this.#options;
    while (!this.#stopped) {
      const replica = replicas[client % replicas.length];
      if (replica !== undefined) await this.#operate(client, replica);
      await sleep(random() * 4);
    }
  }

  async #operate(client: number, replica: ServiceProcess): Promise<void> {
    const { random, stale } = this.#options;
    const count = ++this.#count;
    const epoch = Math.floor(count / operationsPerEpoch);
    const group = random() < 0.25;
    const register = group ? `group-${epoch}` : `key-${epoch}-${Math.floor(random() * keysPerEpoch)}`;
    const keys = group ? Array.from({ length: groupSize }, (_, i) => `${register}-${i}`) : [register];
    const start = performance.now();
    if (random() < 0.45) {
      const text = `${client}:${count}`;
      const value = JSON.stringify(text);
      const { error } = await call(replica, { set: Object.fromEntries(keys.map((key) => [key, text])) });
      if (error !== undefined) this.#failed(error);
      // These say that nothing was written: should the value be read all the same, that is a violation.
      if (error === 'unavailable' || error === 'overloaded') return;
      const end = error === undefined ? performance.now() : Number.POSITIVE_INFINITY;
      this.history.push({ client, kind: 'write', register, value, start, end });
      return;
    }
    const { values, error } = await call(replica, { get: keys, stale });
    if (error !== undefined || values === undefined) return this.#failed(error ?? 'no answer');
    const [value] = values;
    const torn = values.some((other) => other !== value);
    const seen = torn ? `torn ${values.join(' ')}` : (value ?? undefined);
    this.history.push({ client, kind: 'read', register, value: seen, start, end: performance.now() });
  }

  #failed(error: string): void {
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }
}
