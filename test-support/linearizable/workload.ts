/**
 * Clients that set, read and delete, also several keys at once, and set on conditions; what they do is recorded. A
 * register is deleted once at the most, when its epoch is over, so that "nothing there" can be told apart: before its
 * first write it is undefined, afterwards it is the deletion's own value.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { call, type Target } from './call.ts';
import type { Operation } from './history.ts';
import { presenceOf } from './presence.ts';
import { gone, keysOf, labelOfAll, textOf } from './registers.ts';

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

/** Answers that say that nothing was written. */
const notWritten = ['unavailable', 'overloaded', 'storage-full', 'precondition-failed'];

interface Register {
  /** When the first write was known to be done. */
  written: number | undefined;
  /** A value that was there, for a write on the condition that it still is. */
  known: { readonly value: string; readonly tag: string } | undefined;
  /** A deletion was begun. */
  deleted: boolean;
}

export class Workload {
  readonly history: Operation[] = [];
  readonly errors = new Map<string, number>();
  readonly #options: WorkloadOptions;
  readonly #clients: Promise<void>[] = [];
  readonly #registers = new Map<string, Register>();
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
    const { random } = this.#options;
    const current = Math.floor(++this.#count / operationsPerEpoch);
    const old = current > 0 && random() < 0.1;
    const epoch = old ? current - 1 : current;
    const group = random() < 0.25;
    const name = group ? `group-${epoch}` : `key-${epoch}-${Math.floor(random() * keysPerEpoch)}`;
    const keys = keysOf(name);
    const register = this.#register(name);
    if (old && !register.deleted && register.written !== undefined) return this.#delete(client, replica, name, keys);
    if (!old && random() < 0.45) return this.#set(client, replica, name, keys);
    if (random() < 0.3) return this.#search(client, replica, name, keys);
    return this.#read(client, replica, name, keys);
  }

  async #set(client: number, replica: Target, name: string, keys: readonly string[]): Promise<void> {
    const { random } = this.#options;
    const register = this.#register(name);
    const { text, label: value } = textOf(client, this.#count);
    const { known } = register;
    const conditional = random() < 0.4;
    const absent = conditional && register.written === undefined;
    const match = conditional && keys.length === 1 ? known : undefined;
    const condition = absent ? ({ absent: true } as const) : match && { tag: match.tag };
    const start = performance.now();
    const { error, tag } = await call(replica, {
      set: Object.fromEntries(keys.map((key) => [key, text])),
      ...(condition && { condition }),
    });
    if (error !== undefined) this.#failed(error);
    // These say that nothing was written: should the value be read all the same, that is a violation.
    if (error !== undefined && notWritten.includes(error)) return;
    const end = error === undefined ? performance.now() : Number.POSITIVE_INFINITY;
    const write = { client, kind: 'write', register: name, value, start, end } as const;
    // Once it may have been deleted, nobody knows which nothing was replaced.
    const replaces = absent && !register.deleted ? { value: undefined } : match && { value: match.value };
    if (error !== undefined || replaces === undefined) {
      this.history.push(write);
    } else {
      this.history.push({ ...write, replaces });
      // The condition is as good as a read.
      this.history.push({ client, kind: 'read', register: name, value: replaces.value, start, end });
    }
    if (error !== undefined) return;
    register.written ??= end;
    if (tag !== undefined) register.known = { value, tag };
  }

  async #delete(client: number, replica: Target, name: string, keys: readonly string[]): Promise<void> {
    this.#register(name).deleted = true;
    const start = performance.now();
    const { error } = await call(replica, { remove: keys });
    if (error !== undefined) this.#failed(error);
    if (error !== undefined && notWritten.includes(error)) return;
    const end = error === undefined ? performance.now() : Number.POSITIVE_INFINITY;
    this.history.push({ client, kind: 'write', register: name, value: gone, start, end });
  }

  async #read(client: number, replica: Target, name: string, keys: readonly string[]): Promise<void> {
    const register = this.#register(name);
    const start = performance.now();
    const { values, error, tag } = await call(replica, { get: keys, stale: this.#options.stale });
    if (error !== undefined || values === undefined) return this.#failed(error ?? 'no answer');
    const end = performance.now();
    let seen = labelOfAll(values);
    if (seen === undefined && register.deleted) {
      // Began before anything was known to be written: it may have seen the time before, or that after the deletion.
      if (register.written === undefined || register.written >= start) return;
      seen = gone;
    }
    if (seen !== undefined && tag !== undefined) register.known = { value: seen, tag };
    this.history.push({ client, kind: 'read', register: name, value: seen, start, end });
  }

  #register(name: string): Register {
    let register = this.#registers.get(name);
    if (register === undefined) {
      register = { written: undefined, known: undefined, deleted: false };
      this.#registers.set(name, register);
    }
    return register;
  }

  /** Whether the register's keys are found; part of a group that was set at once is torn. */
  async #search(client: number, replica: Target, register: string, keys: readonly string[]): Promise<void> {
    const start = performance.now();
    const { keys: found, error } = await call(replica, { search: register, stale: this.#options.stale ?? false });
    if (error !== undefined || found === undefined) return this.#failed(error ?? 'no answer');
    const there = keys.filter((key) => found.includes(key));
    const torn = there.length > 0 && there.length < keys.length ? `torn ${there.join(' ')}` : undefined;
    const value = torn ?? (there.length > 0 ? 'there' : undefined);
    // It may be on its way out.
    if (this.#register(register).deleted) return;
    const end = performance.now();
    this.history.push({ client, kind: 'read', register: presenceOf(register), value, start, end });
  }

  #failed(error: string): void {
    this.#failures++;
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }
}
