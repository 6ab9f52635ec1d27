/** Registers as the recorder knows them. */
import { absent, gone, keysOf } from './registers.ts';

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

export function newRegister(name: string): Register {
  return { ...{ name, keys: keysOf(name), written: undefined, deleted: false }, known: [], unknown: 0 };
}

/** Reads repeat what is known. */
export function know({ known }: Register, { value, tag, shared }: Known): void {
  const before = known.findLast((one) => one.tag === tag && one.value === value);
  if (before === undefined) known.push({ value, tag, shared });
}

/** Which nothing a read or a condition saw that was begun at `start`. */
export function nothingOf({ deleted, written }: Register, start: number): string | undefined {
  if (!deleted) return undefined;
  return written !== undefined && written < start ? gone : absent;
}
