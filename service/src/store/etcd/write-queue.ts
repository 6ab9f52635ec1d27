/** Write requests that wait for a transaction, and how many of them one takes. */
import type { Span } from '@opentelemetry/api';
import { Problem } from '../../errors.ts';
import type { Pair } from '../store.ts';
import type { Layout } from './layout.ts';

export interface WriterLimits {
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
}

export interface Write {
  /** The pairs, the last value of each key. */
  readonly values: ReadonlyMap<string, Buffer>;
  /** About what the pairs take in the transaction, never less. */
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (revision: number) => void;
  readonly reject: (problem: Problem) => void;
  /** Of the request, when it is sampled. */
  readonly span: Span | undefined;
}

/** Requests and bytes that may wait; more are refused at once. */
const maxQueued = 10_000;
const maxQueuedBytes = 64 << 20;

/** Field tags and lengths of an operation, and what the transaction and the head key take. */
const bytesPerPair = 32;
const bytesPerTransaction = 512;

/** Pairs that one request can have: each is an operation, and so is the head key. */
export function roomFor({ maxTxnOps }: WriterLimits): number {
  return maxTxnOps - 1;
}

/** Throws Problem `too-many-pairs` or `body-too-large`, before anything is sent. */
export function newWrite(
  pairs: readonly Pair[],
  layout: Layout,
  limits: WriterLimits,
  outcome: Pick<Write, 'deadline' | 'resolve' | 'reject' | 'span'>,
): Write {
  const values = new Map<string, Buffer>();
  for (const { key, value } of pairs) values.set(key, Buffer.from(value));
  if (values.size > roomFor(limits)) {
    const message = `A request sets at most ${roomFor(limits)} pairs; this one has ${values.size}.`;
    throw new Problem('too-many-pairs', message);
  }
  let bytes = 0;
  for (const [key, value] of values) {
    bytes += layout.keys.start.length + Buffer.byteLength(key) + value.length + bytesPerPair;
  }
  const max = limits.maxRequestBytes - bytesPerTransaction;
  if (bytes > max) {
    throw new Problem('body-too-large', `A request takes at most ${max} bytes in etcd; this one takes ${bytes}.`);
  }
  return { values, bytes, ...outcome };
}

export class WriteQueue {
  #writes: Write[] = [];
  #bytes = 0;
  #maxPairs: number;
  #maxBytes: number;

  constructor(limits: WriterLimits) {
    this.#maxPairs = roomFor(limits);
    this.#maxBytes = limits.maxRequestBytes - bytesPerTransaction;
  }

  get length(): number {
    return this.#writes.length;
  }

  /** Throws Problem `overloaded` when too much is waiting. */
  push(write: Write): void {
    if (this.#writes.length >= maxQueued || this.#bytes + write.bytes > maxQueuedBytes) {
      const message = `${this.#writes.length} writes of ${this.#bytes} bytes are waiting for etcd already.`;
      throw new Problem('overloaded', message, { headers: { 'Retry-After': '1' } });
    }
    this.#writes.push(write);
    this.#bytes += write.bytes;
  }

  /** As many requests from the front as one transaction takes; at least one when any waits. */
  take(): Write[] {
    let pairs = 0;
    let bytes = 0;
    let count = 0;
    for (const write of this.#writes) {
      pairs += write.values.size;
      bytes += write.bytes;
      if (count > 0 && (pairs > this.#maxPairs || bytes > this.#maxBytes)) break;
      count++;
    }
    return this.#remove(count);
  }

  /** Requests that were taken and not executed wait again, in front. */
  putBack(writes: readonly Write[]): void {
    this.#writes = [...writes, ...this.#writes];
    for (const { bytes } of writes) this.#bytes += bytes;
  }

  takeOverdue(now: number): Write[] {
    const count = this.#writes.findIndex(({ deadline }) => deadline > now);
    return this.#remove(count === -1 ? this.#writes.length : count);
  }

  /** After a transaction of these was refused: the next are half as large. */
  lowerLimit(what: 'too-large' | 'too-many-operations', writes: readonly Write[]): void {
    const sum = (of: (write: Write) => number) => writes.reduce((total, write) => total + of(write), 0);
    if (what === 'too-large') this.#maxBytes = Math.max(1024, Math.floor(sum(({ bytes }) => bytes) / 2));
    else this.#maxPairs = Math.max(1, Math.floor(sum(({ values }) => values.size) / 2));
  }

  #remove(count: number): Write[] {
    if (count === 0) return [];
    const taken = this.#writes.splice(0, count);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }
}
