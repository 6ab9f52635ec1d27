/** What clients did and saw, one by one. */

/** One operation on a register: a key, or a group of keys that are written and read together. */
export interface Operation {
  readonly client: number;
  /** `refused`: a condition did not hold, so at some moment the register held something other than `value`. */
  readonly kind: 'read' | 'write' | 'refused';
  readonly register: string;
  /** Written, read or asked for; undefined: nothing, before the first write. No two writes have the same. */
  readonly value: string | undefined;
  /** A write that was done on the condition that the register held this value, or none (undefined). */
  readonly replaces?: { readonly value: string | undefined };
  /** The entity tag that the answer gave for the value. */
  readonly tag?: string;
  /** Milliseconds. */
  readonly start: number;
  /** Infinity: a write whose outcome is not known may happen at any time after its start, or never. */
  readonly end: number;
}
