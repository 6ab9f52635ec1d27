/**
 * Operations of clients on registers, and what is recorded of them. A register is deleted once at the most, so that
 * "nothing there" can be told apart: before its first write it is undefined, afterwards it is the deletion's own value.
 */
import { call, type Target } from './call.ts';
import type { Operation } from './history.ts';
import { absent, gone, keysOf, labelOfAll, textOf } from './registers.ts';
import { isOverwritten } from './tags.ts';

/** A value that a client was given an entity tag for. */
export interface Known {
  readonly value: string;
  readonly tag: string;
  /** Of a write of several registers: its tag may be refused while some of its values stand. */
  readonly shared: boolean;
}

export interface Register {
  readonly name: string;
  readonly keys: readonly string[];
  /** When the first write was known to be done. */
  written: number | undefined;
  /** A deletion was begun. */
  deleted: boolean;
  /** Every entity tag that was given for it, in the order in which they came. */
  readonly known: Known[];
  /** Writes of unknown outcome. */
  unknown: number;
}

export interface SetOptions {
  readonly ttl?: number | undefined;
  /** For one register. */
  readonly condition?: Known | 'absent' | undefined;
}

/** Answers that say that nothing was written. */
const notWritten = ['unavailable', 'overloaded', 'storage-full', 'precondition-failed'];

export class Recorder {
  readonly history: Operation[] = [];
  readonly errors = new Map<string, number>();
  /** What no order of operations is needed for to be wrong. */
  readonly violations: string[] = [];
  readonly #registers = new Map<string, Register>();
  readonly #stale: boolean;
  #count = 0;
  #failures = 0;

  /** `stale`: reads are made without the barrier, so the history is expected to be broken. */
  constructor({ stale = false } = {}) {
    this.#stale = stale;
  }

  get failures(): number {
    return this.#failures;
  }

  /** The register of that name, made at the first call. */
  register(name: string): Register {
    let register = this.#registers.get(name);
    if (register === undefined) {
      register = { ...{ name, keys: keysOf(name), written: undefined, deleted: false }, known: [], unknown: 0 };
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
      set,
      ...(ttl === undefined ? {} : { ttl }),
      ...(condition === undefined ? {} : { condition: condition === 'absent' ? { absent: true } : condition }),
    });
    const end = this.#ended(error);
    for (const register of registers) {
      if (error !== undefined && notWritten.includes(error)) this.#refused(client, register, condition, error, start);
      else this.#wrote({ client, register, value, condition, start, end, tag }, registers.length > 1);
    }
  }

  /** On the condition that the register holds the known value, if one is given. */
  async remove(client: number, replica: Target, register: Register, condition?: Known): Promise<void> {
    register.deleted = true;
    const start = performance.now();
    const { error } = await call(replica, { remove: register.keys, ...(condition === undefined ? {} : { condition }) });
    const end = this.#ended(error);
    if (error !== undefined && notWritten.includes(error)) {
      register.deleted = false;
      return this.#refused(client, register, condition, error, start);
    }
    this.#wrote({ client, register, value: gone, condition, start, end, tag: undefined }, false);
  }

  /** With If-None-Match, if a known value is given. */
  async read(client: number, replica: Target, register: Register, noneMatch?: Known): Promise<void> {
    const start = performance.now();
    const { values, error, tag, unmodified } = await call(replica, {
      ...{ get: register.keys, stale: this.#stale },
      ...(noneMatch === undefined ? {} : { noneMatch: noneMatch.tag }),
    });
    const end = this.#ended(error);
    if (error !== undefined) return;
    const read = { client, kind: 'read', register: register.name, start, end } as const;
    if (unmodified) {
      this.history.push({ ...read, value: noneMatch?.value, ...(tag === undefined ? {} : { tag }) });
      return;
    }
    if (values === undefined) throw new Error('A read was answered with neither values nor an error');
    const seen = labelOfAll(values) ?? this.#nothing(register, start);
    if (tag !== undefined && tag === noneMatch?.tag) {
      this.violations.push(`${register.name}: If-None-Match ${tag} was answered with ${seen} and that tag`);
    }
    const tagged = seen !== undefined && seen !== gone && seen !== absent ? tag : undefined;
    if (tagged !== undefined && seen !== undefined) know(register, { value: seen, tag: tagged, shared: false });
    this.history.push({ ...read, value: seen, ...(tagged === undefined ? {} : { tag: tagged }) });
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

  /** Which nothing a read or a condition saw that was begun at `start`. */
  #nothing({ deleted, written }: Register, start: number): string | undefined {
    if (!deleted) return undefined;
    return written !== undefined && written < start ? gone : absent;
  }

  #refused(client: number, register: Register, condition: SetOptions['condition'], error: string, start: number): void {
    if (error !== 'precondition-failed') return;
    const { name } = register;
    if (condition === undefined) {
      this.violations.push(`${name}: a write without a condition was refused`);
      return;
    }
    // A part of what it wrote may stand: the API takes the tag for no key's all the same.
    if (condition !== 'absent' && condition.shared && isOverwritten(condition.tag)) return;
    const value = condition === 'absent' ? absent : condition.value;
    this.history.push({ client, kind: 'refused', register: name, value, start, end: performance.now() });
  }

  #wrote(write: Wrote, shared: boolean): void {
    const { client, register, value, condition, start, end, tag } = write;
    // What is not known to have happened may happen later, after a deletion that was not begun yet.
    const nothing = end === Number.POSITIVE_INFINITY ? absent : this.#nothing(register, start);
    const before = condition === 'absent' ? nothing : condition?.value;
    this.history.push({
      ...{ client, kind: 'write', register: register.name, value, start, end },
      ...(condition === undefined ? {} : { replaces: { value: before } }),
      ...(tag === undefined || shared ? {} : { tag }),
    });
    if (end === Number.POSITIVE_INFINITY) {
      register.unknown++;
      return;
    }
    if (value !== gone) register.written ??= end;
    if (tag !== undefined && tag !== '') know(register, { value, tag, shared });
  }
}

interface Wrote {
  readonly client: number;
  readonly register: Register;
  readonly value: string;
  readonly condition: SetOptions['condition'];
  readonly start: number;
  readonly end: number;
  readonly tag: string | undefined;
}

/** Reads repeat what is known. */
function know({ known }: Register, { value, tag, shared }: Known): void {
  const before = known.findLast((one) => one.tag === tag && one.value === value);
  if (before === undefined) known.push({ value, tag, shared });
}
