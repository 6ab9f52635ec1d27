/** Clients that set, read and search, one key or several at once; everything they do is recorded. */
import { setTimeout as sleep } from 'node:timers/promises';
import { call, type Target } from './call.ts';
import type { Operation } from './history.ts';
import { presenceOf } from './presence.ts';

export interface WorkloadOptions {
  /** The process that a client talks to; it may be replaced while the workload runs. */
  readonly replicas: readonly Target[];
  readonly clientsPerReplica: number;
  readonly random: () => number;
  /** Reads are made without the barrier: the history is expected to be broken. */
  readonly stale?: boolean;
  /** Milliseconds that a client rests between two operations, at the most; default 4. */
  readonly rest?: number;
}

/** Keys change now and then, so that writes of unknown outcome, which stay possible for ever, don't pile up on one. */
const operationsPerEpoch = 600;
const keysPerEpoch = 3;
const groupSize = 3;

/** Every eighth value is that much longer, so that a store needs space: a text that ends in as many dots. */
const paddings = [0, 0, 0, 0, 0, 0, 0, 6000];

/** Problems which say that nothing was written. */
const refusals = ['unavailable', 'overloaded', 'storage-full'];

/** The keys of a register: its own, or those of a group. */
export function keysOf(register: string): string[] {
  return register.startsWith('group-') ? Array.from({ length: groupSize }, (_, i) => `${register}-${i}`) : [register];
}

/** The text that an operation writes. */
function textOf(client: number, count: number): string {
  return `${client}:${count}`.padEnd(paddings[count % paddings.length] ?? 0, '.');
}

/** What the history calls a value: without its padding, if that is as it was written. */
function labelOf(json: string): string {
  const [, client, count] = /^"(\d+):(\d+)/.exec(json) ?? [];
  return json === JSON.stringify(textOf(Number(client), Number(count))) ? `${client}:${count}` : json;
}

/** The same for values of keys that are written together; null and undefined: no such key. */
export function labelOfAll(values: readonly (string | null | undefined)[]): string | undefined {
  const labels = values.map((value) => (value == null ? undefined : labelOf(value)));
  const [first] = labels;
  return labels.every((label) => label === first) ? first : `torn ${labels.join(' ')}`;
}

export class Workload {
  readonly history: Operation[] = [];
  readonly errors = new Map<string, number>();
  readonly #options: WorkloadOptions;
  readonly #clients: Promise<void>[] = [];
  #stopped = false;
  #count = 0;
  #failures = 0;

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
    const { replicas, random, rest = 4 } = this.#options;
    while (!this.#stopped) {
      const replica = replicas[client % replicas.length];
      const before = this.#failures;
      if (replica !== undefined) await this.#operate(client, replica);
      await sleep(random() * rest * (this.#failures === before ? 1 : 5));
    }
  }

  async #operate(client: number, replica: Target): Promise<void> {
    const { random, stale = false } = this.#options;
    const count = ++this.#count;
    const epoch = Math.floor(count / operationsPerEpoch);
    const group = random() < 0.25;
    const register = group ? `group-${epoch}` : `key-${epoch}-${Math.floor(random() * keysPerEpoch)}`;
    const keys = keysOf(register);
    const start = performance.now();
    if (random() < 0.45) {
      const text = textOf(client, count);
      const value = `${client}:${count}`;
      const { error } = await call(replica, { set: Object.fromEntries(keys.map((key) => [key, text])) });
      if (error !== undefined) this.#failed(error);
      // Should the value be read all the same, that is a violation.
      if (error !== undefined && refusals.includes(error)) return;
      const end = error === undefined ? performance.now() : Number.POSITIVE_INFINITY;
      this.history.push({ client, kind: 'write', register, value, start, end });
      return;
    }
    if (random() < 0.3) return this.#search(client, replica, register, keys);
    const { values, error } = await call(replica, { get: keys, stale });
    if (error !== undefined || values === undefined) return this.#failed(error ?? 'no answer');
    const seen = labelOfAll(values);
    this.history.push({ client, kind: 'read', register, value: seen, start, end: performance.now() });
  }

  /** Whether the register's keys are found; part of a group that was set at once is torn. */
  async #search(client: number, replica: Target, register: string, keys: readonly string[]): Promise<void> {
    const start = performance.now();
    const { keys: found, error } = await call(replica, { search: register, stale: this.#options.stale ?? false });
    if (error !== undefined || found === undefined) return this.#failed(error ?? 'no answer');
    const there = keys.filter((key) => found.includes(key));
    const torn = there.length > 0 && there.length < keys.length ? `torn ${there.join(' ')}` : undefined;
    const value = torn ?? (there.length > 0 ? 'there' : undefined);
    const end = performance.now();
    this.history.push({ client, kind: 'read', register: presenceOf(register), value, start, end });
  }

  #failed(error: string): void {
    this.#failures++;
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }
}
