/**
 * Clients that set, read and delete, also several keys at once, and set on conditions; what they do is recorded. Each
 * goes its own way, most of them on the same few registers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { presenceOf } from '../history/presence.ts';
import type { Recorder } from '../history/recorder.ts';
import type { Register } from '../history/register.ts';
import type { Target } from './call.ts';
import { type ClientsOptions, startClients } from './clients.ts';
import { pick } from './pick.ts';

export interface WorkloadOptions extends ClientsOptions {
  readonly recorder: Recorder;
  /** The share of sets; default 0.45. */
  readonly sets?: number;
}

/** Keys change now and then, so that writes of unknown outcome, which stay possible for ever, don't pile up on one. */
const operationsPerEpoch = 600;
const keysPerEpoch = 3;

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #clients: readonly Promise<void>[];
  #stopped = false;
  #count = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#clients = startClients(options, (client, writes) => this.#run(client, writes));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(client: number, writes: boolean): Promise<void> {
    const { replicas, random, recorder, rest = 4 } = this.#options;
    while (!this.#stopped) {
      const replica = replicas[client % replicas.length];
      const before = recorder.failures;
      if (replica !== undefined) await this.#operate(client, replica, writes);
      await sleep(random() * rest * (recorder.failures === before ? 1 : 5));
    }
  }

  async #operate(client: number, replica: Target, writes: boolean): Promise<void> {
    const { random, recorder, sets = 0.45 } = this.#options;
    const current = Math.floor(++this.#count / operationsPerEpoch);
    const old = current > 0 && random() < 0.1;
    const epoch = old ? current - 1 : current;
    const group = random() < 0.25;
    const name = group ? `group-${epoch}` : `key-${epoch}-${Math.floor(random() * keysPerEpoch)}`;
    const register = recorder.register(name);
    if (writes && old && !register.deleted && register.written !== undefined)
      return recorder.remove(client, replica, register);
    if (writes && !old && random() < sets) return this.#set(client, replica, register);
    if (random() < 0.3) return this.#search(client, replica, register);
    if (random() < 0.1) return this.#dump(client, replica, epoch);
    const known = register.keys.length === 1 && random() < 0.3 ? pick(register.known, random) : undefined;
    return recorder.read(client, replica, register, known);
  }

  async #set(client: number, replica: Target, register: Register): Promise<void> {
    const { random, recorder } = this.#options;
    const conditional = random() < 0.4;
    if (!conditional) return recorder.set(client, replica, [register]);
    if (register.written === undefined) return recorder.set(client, replica, [register], { condition: 'absent' });
    const condition = pick(register.known, random);
    return recorder.set(client, replica, [register], { condition });
  }

  async #dump(client: number, replica: Target, epoch: number): Promise<void> {
    const { recorder } = this.#options;
    const prefix = `key-${epoch}-`;
    const registers = Array.from({ length: keysPerEpoch }, (_, i) => recorder.register(`${prefix}${i}`));
    await recorder.readAll(client, replica, registers, prefix);
  }

  /** Whether the register's keys are found; part of a group that was set at once is torn. */
  async #search(client: number, replica: Target, register: Register): Promise<void> {
    const { recorder } = this.#options;
    const start = performance.now();
    const found = await recorder.search(replica, register);
    // It may be on its way out.
    if (found === undefined || register.deleted) return;
    const { keys, name } = register;
    const there = keys.filter((key) => found.includes(key));
    const torn = there.length > 0 && there.length < keys.length ? `torn ${there.join(' ')}` : undefined;
    const value = torn ?? (there.length > 0 ? 'there' : undefined);
    const end = performance.now();
    recorder.history.push({ client, kind: 'read', register: presenceOf(name), value, start, end });
  }
}
