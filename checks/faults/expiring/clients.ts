/** Clients that set keys for some seconds, read them around their deadlines and long after, and let some of them stay. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../../test-support/seeded-random.ts';
import { call, type Target } from '../../linearizable/clients/call.ts';
import { type ExpiringHistory, type ExpiringKey, type ExpiringRead, firstValue, keptValue } from './history.ts';

export interface ExpiringClientsOptions {
  readonly replicas: readonly Target[];
  /** Spread over the replicas. */
  readonly clients: number;
  readonly random: () => number;
  /** Milliseconds that a client rests between two operations, at the most. */
  readonly rest: number;
}

/** Seconds: around the time a fault lasts, so that deadlines come during faults, and soon after. */
const ttls = [1, 2, 3, 5];

/** The newest keys are read; older ones now and then, in case one comes back. */
const recent = 12;

export class ExpiringClients {
  readonly #keys: ExpiringKey[] = [];
  readonly #reads: ExpiringRead[] = [];
  readonly #options: ExpiringClientsOptions;
  readonly #clients: Promise<void>[];
  #stopped = false;
  #count = 0;

  constructor(options: ExpiringClientsOptions) {
    this.#options = options;
    const { replicas, clients } = options;
    this.#clients = Array.from({ length: clients }, (_, i) => this.#run(replicas, i % replicas.length));
  }

  get history(): ExpiringHistory {
    return { keys: this.#keys, reads: this.#reads };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(replicas: readonly Target[], at: number): Promise<void> {
    const { random, rest } = this.#options;
    while (!this.#stopped) {
      const replica = replicas[at];
      if (replica !== undefined) await this.#operate(replica);
      await sleep(random() * rest);
    }
  }

  async #operate(replica: Target): Promise<void> {
    const { random } = this.#options;
    if (this.#keys.length === 0 || random() < 0.15) return this.#set(replica);
    const own = pick(random() < 0.9 ? this.#keys.slice(-recent) : this.#keys, random);
    if (own.kept === undefined && random() < 0.03) return this.#keep(replica, own);
    return this.#read(replica, own.key);
  }

  async #set(replica: Target): Promise<void> {
    const key = `expiring-${++this.#count}`;
    const seconds = pick(ttls, this.#options.random);
    const start = Date.now();
    const { error } = await call(replica, { set: { [key]: JSON.parse(firstValue(key)) as string }, ttl: seconds });
    // Whether it was set, and when, is unknown.
    if (error !== undefined) return;
    this.#keys.push({ key, ttl: seconds * 1000, set: { start, end: Date.now() }, kept: undefined });
  }

  async #keep(replica: Target, own: ExpiringKey): Promise<void> {
    const { key } = own;
    const start = Date.now();
    own.kept = { start, end: Number.POSITIVE_INFINITY };
    const { error } = await call(replica, { set: { [key]: JSON.parse(keptValue(key)) as string } });
    if (error === undefined) own.kept = { start, end: Date.now() };
  }

  /** What fails says nothing. */
  async #read(replica: Target, key: string): Promise<void> {
    const start = Date.now();
    const { values } = await call(replica, { get: [key] });
    if (values !== undefined) this.#reads.push({ key, value: values[0] ?? undefined, start, end: Date.now() });
  }

  /** Reads every key once more, from every replica; no client sets any meanwhile. */
  async readEverything(): Promise<void> {
    for (const { url } of this.#options.replicas) {
      const start = Date.now();
      const response = await fetch(`${url}/search?prefix=expiring-&values=true`);
      if (!response.ok)
        throw new Error(`Reading what expires from ${url}: ${response.status} ${await response.text()}`);
      const pairs = (await response.json()) as Readonly<Record<string, unknown>>;
      const end = Date.now();
      for (const { key } of this.#keys) this.#reads.push({ key, value: JSON.stringify(pairs[key]), start, end });
    }
  }
}
