/**
 * Operations of clients on registers, and what is recorded of them. A register is deleted once at the most, so that
 * "nothing there" can be told apart: before its first write it is undefined, afterwards it is the deletion's own value.
 */
import { call, type Target } from '../clients/call.ts';
import { Journal, type WriteCondition } from './journal.ts';
import type { Operation } from './operation.ts';
import { type Known, newRegister, type Register } from './register.ts';
import { gone, textOf } from './registers.ts';

export interface SetOptions {
  readonly ttl?: number | undefined;
  /** For one register. */
  readonly condition?: WriteCondition;
}

/** Answers that say that nothing was written. */
const notWritten = ['unavailable', 'overloaded', 'storage-full', 'precondition-failed'];

export class Recorder {
  readonly errors = new Map<string, number>();
  readonly #journal = new Journal();
  readonly #registers = new Map<string, Register>();
  readonly #stale: boolean;
  #count = 0;
  #writes = 0;
  #failures = 0;

  /** `stale`: reads are made without the barrier, so the history is expected to be broken. */
  constructor({ stale = false } = {}) {
    this.#stale = stale;
  }

  get history(): Operation[] {
    return this.#journal.history;
  }

  get violations(): string[] {
    return this.#journal.violations;
  }

  get failures(): number {
    return this.#failures;
  }

  /** The register of that name, made at the first call. */
  register(name: string): Register {
    let register = this.#registers.get(name);
    if (register === undefined) {
      register = newRegister(name);
      this.#registers.set(name, register);
    }
    return register;
  }

  /** No operation on it follows. Its part of the history stays. */
  forget({ name }: Register): void {
    this.#registers.delete(name);
  }

  /** One value for all keys of all the registers, in one request. */
  async set(client: number, replica: Target, registers: readonly Register[], options: SetOptions = {}): Promise<void> {
    const { ttl, condition } = options;
    const { text, label: value } = textOf(client, ++this.#count);
    const set = Object.fromEntries(registers.flatMap(({ keys }) => keys).map((key) => [key, text]));
    const start = performance.now();
    const { error, tag } = await call(replica, {
      ...{ set, transaction: this.#byTransaction(registers, condition) },
      ...(ttl === undefined ? {} : { ttl }),
      ...(condition === undefined ? {} : { condition: condition === 'absent' ? { absent: true } : condition }),
    });
    const end = this.#ended(error);
    for (const register of registers) {
      if (error === 'precondition-failed') this.#journal.refused(client, register, condition, start);
      else if (error === undefined || !notWritten.includes(error))
        this.#journal.wrote({ client, register, value, condition, start, end, tag }, registers.length > 1);
    }
  }

  /** On the condition that the register holds the known value, if one is given. */
  async remove(client: number, replica: Target, register: Register, condition?: Known): Promise<void> {
    register.deleted = true;
    const start = performance.now();
    const { error } = await call(replica, {
      ...{ remove: register.keys, transaction: this.#byTransaction([register], condition) },
      ...(condition === undefined ? {} : { condition }),
    });
    const end = this.#ended(error);
    if (error !== undefined && notWritten.includes(error)) {
      register.deleted = false;
      if (error === 'precondition-failed') this.#journal.refused(client, register, condition, start);
      return;
    }
    this.#journal.wrote({ client, register, value: gone, condition, start, end, tag: undefined }, false);
  }

  /** A part of the writes, and those that no header can ask for: several keys that each have the entity tag. */
  #byTransaction(registers: readonly Register[], condition: WriteCondition): boolean {
    const keys = registers.reduce((sum, register) => sum + register.keys.length, 0);
    return ++this.#writes % 3 === 0 || (typeof condition === 'object' && keys > 1);
  }

  /** With If-None-Match, if a known value is given. */
  async read(client: number, replica: Target, register: Register, noneMatch?: Known): Promise<void> {
    const start = performance.now();
    const answer = await call(replica, {
      ...{ get: register.keys, stale: this.#stale },
      ...(noneMatch === undefined ? {} : { noneMatch: noneMatch.tag }),
    });
    const end = this.#ended(answer.error);
    if (answer.error !== undefined) return;
    this.#journal.saw({ client, register, start, end }, answer, noneMatch);
  }

  /** Several registers in one request: from a dump of the keys with that prefix, if one is given. */
  async readAll(client: number, replica: Target, registers: readonly Register[], prefix?: string): Promise<void> {
    const start = performance.now();
    const { values, error } = await call(replica, {
      ...{ get: registers.flatMap(({ keys }) => keys), stale: this.#stale },
      ...(prefix === undefined ? {} : { dump: prefix }),
    });
    const end = this.#ended(error);
    let taken = 0;
    for (const register of values === undefined ? [] : registers) {
      const own = values?.slice(taken, taken + register.keys.length) ?? [];
      taken += register.keys.length;
      this.#journal.saw({ client, register, start, end }, { values: own });
    }
  }

  /** Keys that begin with the register's name; undefined: no answer. */
  async search(replica: Target, { name }: Register): Promise<readonly string[] | undefined> {
    const { keys, error } = await call(replica, { search: name, stale: this.#stale });
    this.#ended(error);
    return keys;
  }

  #ended(error: string | undefined): number {
    if (error === undefined) return performance.now();
    if (error !== 'precondition-failed') this.#failures++;
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
    return Number.POSITIVE_INFINITY;
  }
}
