/** Write requests that wait for a transaction, and how many of them one takes. */
import { overloaded, Problem } from '@kvstore/core/problem.ts';
import { keyCost, largeWrite } from '../../large-writes.ts';
import type { Span } from '../../spans.ts';
import type { Layout } from '../layout.ts';

export interface WriterLimits {
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
}

/** Operations that look for readers, see Acknowledgements. */
export const lookOperations = 2;

/** What one request asks for. */
export interface Gathered {
  /** By key; undefined: it is deleted. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Whether any key is deleted. */
  readonly deletes: boolean;
  /** The lease that it needs. */
  readonly lease: string | undefined;
}

export interface Write<S extends Gathered, O> {
  readonly set: S;
  /** About what it takes in the transaction, never less. */
  readonly bytes: number;
  /** Operations that it takes. */
  readonly operations: number;
  readonly deadline: number;
  readonly resolve: (outcome: O) => void;
  readonly reject: (problem: Problem) => void;
  /** Of the request, when it is sampled. */
  readonly span: Span | undefined;
}

/** Requests and bytes that may wait; more are refused at once. */
const maxQueued = 10_000;
const maxQueuedBytes = 64 << 20;

/**
 * Bytes that several requests share in one transaction. etcd keeps its last hundreds of transactions in memory, however
 * large they are.
 */
const mostGathered = 1 << 20;

/** Field tags and lengths of an operation, and what the transaction and the head key take. */
const bytesPerPair = 32;
const bytesPerTransaction = 512;

/** Keys that one request can have: each is an operation, and so is the head key. */
export function roomFor({ maxTxnOps }: WriterLimits): number {
  return maxTxnOps - 1;
}

/**
 * The bytes that the request takes in its transaction, never less. `compared`: keys that are compared, and looked at
 * when that fails.
 * Throws Problem `too-many-pairs` or `body-too-large`, before anything is sent.
 */
export function checkSize(
  values: ReadonlyMap<string, Buffer | undefined>,
  layout: Layout,
  limits: WriterLimits,
  compared: Iterable<string> = [],
): number {
  checkCount(values.size, roomFor(limits));
  let bytes = 0;
  for (const [key, value] of values) bytes += bytesOf(key, layout) + (value?.length ?? 0);
  let comparisons = 0;
  for (const key of compared) {
    comparisons++;
    bytes += 2 * bytesOf(key, layout);
  }
  checkCount(comparisons, roomFor(limits));
  return checkBytes(bytes, limits);
}

/** Throws Problem `too-many-pairs`. */
export function checkCount(keys: number, most: number): void {
  if (keys <= most) return;
  throw new Problem('too-many-pairs', `A request takes at most ${most} pairs or keys; this one has ${keys}.`);
}

/** What a key takes each time that it is named. */
export function bytesOf(key: string, layout: Layout): number {
  return layout.keys.start.length + Buffer.byteLength(key) + bytesPerPair;
}

/** Returns the bytes. Throws Problem `body-too-large`. */
export function checkBytes(bytes: number, limits: WriterLimits): number {
  const max = limits.maxRequestBytes - bytesPerTransaction;
  if (bytes > max) {
    throw new Problem('body-too-large', `A request takes at most ${max} bytes in etcd; this one takes ${bytes}.`);
  }
  return bytes;
}

export class WriteQueue<W extends Write<Gathered, never>> {
  #writes: W[] = [];
  #bytes = 0;
  /** Requests that delete something. */
  #deleting = 0;
  #large = 0;
  /** The last transaction began with a large one: small ones that wait have waited for it. */
  #tookLarge = false;
  #maxOperations: number;
  #maxBytes: number;

  constructor(limits: WriterLimits) {
    // Several requests leave room for the look at readers; one may do without it.
    this.#maxOperations = Math.max(1, roomFor(limits) - lookOperations);
    this.#maxBytes = Math.min(mostGathered, limits.maxRequestBytes - bytesPerTransaction);
  }

  get length(): number {
    return this.#writes.length;
  }

  /** Throws Problem `overloaded` when too much is waiting. */
  push(write: W): void {
    if (this.#writes.length >= maxQueued || this.#bytes + write.bytes > maxQueuedBytes) {
      const message = `${this.#writes.length} writes of ${this.#bytes} bytes are waiting for etcd already.`;
      throw overloaded(message);
    }
    this.#writes.push(write);
    this.#count([write], 1);
  }

  /**
   * As many requests as one transaction takes, in the order in which they came; at least one when any waits. Large and
   * small ones have turns, so that a small one does not wait behind all large ones: requests that wait at the same time have
   * no order among each other.
   */
  take(): W[] {
    const first = this.#first();
    const taken = first.slice(0, this.#countOf(first));
    this.#tookLarge = taken.some(isLarge);
    if (first === this.#writes) this.#writes = first.slice(taken.length);
    else {
      const those = new Set(taken);
      this.#writes = this.#writes.filter((write) => !those.has(write));
    }
    this.#count(taken, -1);
    return taken;
  }

  /** Those whose turn it is, and the others behind them. */
  #first(): W[] {
    // The common cases, without a copy.
    if (this.#large === 0 || this.#large === this.#writes.length) return this.#writes;
    const small = this.#writes.filter((write) => !isLarge(write));
    if (this.#tookLarge) return small;
    return [...this.#writes.filter(isLarge), ...small];
  }

  #countOf(waiting: readonly W[]): number {
    let operations = 0;
    let bytes = 0;
    let count = 0;
    // A transaction has a key once, so a deletion would not be told whether another request's value was there.
    const keys = this.#deleting === 0 ? undefined : new Map<string, boolean>();
    for (const write of waiting) {
      operations += write.operations;
      bytes += write.bytes;
      if (count > 0 && (operations > this.#maxOperations || bytes > this.#maxBytes)) break;
      if (keys !== undefined && !claim(keys, write.set)) break;
      count++;
    }
    return count;
  }

  /** Requests that were taken and not executed wait again, in front. */
  putBack(writes: readonly W[]): void {
    this.#writes = [...writes, ...this.#writes];
    this.#count(writes, 1);
  }

  takeOverdue(now: number): W[] {
    const overdue = this.#writes.filter(({ deadline }) => deadline <= now);
    if (overdue.length === 0) return overdue;
    this.#writes = this.#writes.filter(({ deadline }) => deadline > now);
    this.#count(overdue, -1);
    return overdue;
  }

  /** After a transaction of these was refused: the next are half as large. */
  lowerLimit(what: 'too-large' | 'too-many-operations', writes: readonly W[]): void {
    const sum = (of: (write: W) => number) => writes.reduce((total, write) => total + of(write), 0);
    if (what === 'too-large') this.#maxBytes = Math.max(1024, Math.floor(sum(({ bytes }) => bytes) / 2));
    else this.#maxOperations = Math.max(1, Math.floor(sum(({ operations }) => operations) / 2));
  }

  #count(writes: readonly W[], sign: 1 | -1): void {
    for (const write of writes) {
      this.#bytes += sign * write.bytes;
      if (write.set.deletes) this.#deleting += sign;
      if (isLarge(write)) this.#large += sign;
    }
  }
}

function isLarge({ bytes, operations }: Pick<Write<Gathered, never>, 'bytes' | 'operations'>): boolean {
  return bytes + operations * keyCost >= largeWrite;
}

/** Notes the request's keys, with true for those that it deletes; false: one of them clashes with another request's. */
function claim(keys: Map<string, boolean>, { values }: Gathered): boolean {
  for (const [key, value] of values) {
    const deleted = keys.get(key);
    if (deleted === true || (deleted === false && value === undefined)) return false;
  }
  for (const [key, value] of values) keys.set(key, value === undefined);
  return true;
}
