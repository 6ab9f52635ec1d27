/**
 * Hot keys: several clients of each replica send their requests at the same instant, all for the same few keys, so that
 * writes of one key are gathered. They set one pair or several that overlap in part, with and without a time to live,
 * delete, and use every entity tag that one of them was given, also old ones.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder } from '../history/recorder.ts';
import type { Register } from '../history/register.ts';
import type { Target } from './call.ts';
import { act, mixes } from './hot-acts.ts';
import { pick } from './pick.ts';

export interface HotKeysOptions {
  readonly recorder: Recorder;
  readonly replicas: readonly Target[];
  /** Clients that act at the same instant, of each replica. */
  readonly perReplica: number;
  readonly random: () => number;
  /** In the names of keys. */
  readonly team: number;
  /** Milliseconds between two bursts, at the most. */
  readonly rest: number;
  /** Most bursts are mostly reads, so that a replica has a reason to read by lease. Default false. */
  readonly isCalm?: boolean;
}

const registersAtOnce = 4;

/** Bursts on the same registers: short histories are checked quickly. */
const leastBursts = 5;
const mostBursts = 40;

/** Of each client, after its operation in a burst. */
const readsBehind = { usual: 2, calm: 8 };

/**
 * In calm bursts: the share of clients that do what the mix says, of registers that get as many writes as ever, and of
 * reads that read all registers at once.
 */
const calm = { acting: 0.2, lively: 0.1, readingAll: 0.6 };

export class HotKeys {
  readonly #options: HotKeysOptions;
  readonly #running: Promise<void>;
  #stopped = false;
  #epoch = 0;

  constructor(options: HotKeysOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { recorder, random, rest, team } = this.#options;
    while (!this.#stopped) {
      const epoch = ++this.#epoch;
      const registers = Array.from({ length: registersAtOnce }, (_, i) =>
        recorder.register(`hot-${team}-${epoch}-${i}`),
      );
      const isCalm = this.#options.isCalm === true && random() > calm.lively;
      const bursts = leastBursts + random() * (mostBursts - leastBursts);
      for (let i = 0; i < bursts && !this.#stopped; i++) {
        const before = recorder.failures;
        await this.#burst(registers, isCalm);
        // Writes of unknown outcome stay possible for ever: on to other keys.
        if (registers.some(({ unknown }) => unknown > 0)) break;
        await sleep(random() * rest * (recorder.failures === before ? 1 : 5));
      }
      await this.#retire(registers);
    }
  }

  async #burst(registers: readonly Register[], isCalm: boolean): Promise<void> {
    const { recorder, replicas, perReplica, random } = this.#options;
    const mix = mixes[Math.floor(random() * mixes.length)];
    const acts: Promise<void>[] = [];
    for (let member = 0; member < replicas.length * perReplica; member++) {
      const replica = replicas[member % replicas.length];
      // Most of them on one key.
      const register = registers[random() < 0.5 ? 0 : Math.floor(random() * registers.length)];
      if (replica === undefined || register === undefined || mix === undefined) continue;
      const client = this.#client(member);
      const isActing = !isCalm || random() < calm.acting;
      const done = isActing
        ? act({ recorder, random, client, replica, register, registers, mix })
        : recorder.read(client, replica, register);
      acts.push(done.then(() => this.#look(client, replica, registers, isCalm)));
    }
    await Promise.all(acts);
  }

  /** Reads are cheap, and see what writes have done. */
  async #look(client: number, replica: Target, registers: readonly Register[], isCalm: boolean): Promise<void> {
    const { recorder, random } = this.#options;
    for (let i = 0; i < (isCalm ? readsBehind.calm : readsBehind.usual); i++) {
      if (isCalm && random() < calm.readingAll) {
        // Their names are alike but for the last character.
        const prefix = random() < 0.5 ? registers[0]?.name.slice(0, -1) : undefined;
        await recorder.readAll(client, replica, registers, prefix);
        continue;
      }
      const register = registers[Math.floor(random() * registers.length)];
      if (register === undefined) continue;
      await recorder.read(client, replica, register, random() < 0.5 ? pick(register.known, random) : undefined);
    }
  }

  /** Deletes what was not deleted yet, so that the store stays small. */
  async #retire(registers: readonly Register[]): Promise<void> {
    const { recorder, replicas, random } = this.#options;
    for (const register of registers) {
      const replica = replicas[Math.floor(random() * replicas.length)];
      if (!register.deleted && replica !== undefined) await recorder.remove(this.#client(0), replica, register);
      recorder.forget(register);
    }
  }

  #client(member: number): number {
    return 1000 * (this.#options.team + 1) + member;
  }
}
