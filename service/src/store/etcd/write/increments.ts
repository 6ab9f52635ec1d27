/**
 * Increments that are gathered. etcd cannot add, so a transaction compares what the keys hold and puts the sums. When
 * it does not hold that, etcd's answer says what it holds, and the requests go out again (ADR 0273).
 */
import { Problem } from '@kvstore/core/problem.ts';
import type { Clock } from '../../clock.ts';
import type { Incremented } from '../../store.ts';
import { Sums } from '../../sums.ts';
import type { Layout } from '../layout.ts';
import type { RequestOp, TxnResponse } from '../wire/messages.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { comparisonsOf, type KnownValues, type Seen } from './known-values.ts';
import type { WriteNonces } from './write-nonces.ts';
import {
  bytesOf,
  checkBytes,
  checkCount,
  type Gathered,
  roomFor,
  type Write,
  type WriterLimits,
} from './write-queue.ts';
import { answered, type Flight, type Gathering } from './writer.ts';

export interface IncrementSet extends Gathered {
  readonly values: ReadonlyMap<string, bigint>;
}

export interface IncrementsOptions {
  readonly layout: Layout;
  readonly limits: WriterLimits;
  readonly nonces: WriteNonces;
  readonly clock: Clock;
  /** The timeline that the index is on. */
  readonly timeline: () => string;
  readonly known: KnownValues;
  readonly acknowledgements: Pick<Acknowledgements, 'confirm'>;
}

/** How often a key is in a transaction: compared twice, put, and looked at when it is another one. */
const copies = 4;
const comparisonsPerKey = 2;
/** Bytes of two values: the one that is compared, and the sum. */
const valueBytes = 40;

type Request = Write<IncrementSet, Incremented>;
type Outcome = ReadonlyMap<string, bigint> | Problem;

export class Increments implements Gathering<IncrementSet, Incremented> {
  readonly #options: IncrementsOptions;

  constructor(options: IncrementsOptions) {
    this.#options = options;
  }

  bytes({ values }: IncrementSet): number {
    const { layout, limits } = this.#options;
    checkCount(values.size, Math.floor(roomFor(limits) / comparisonsPerKey));
    let bytes = 0;
    for (const key of values.keys()) bytes += copies * bytesOf(key, layout) + valueBytes;
    return checkBytes(bytes, limits);
  }

  operations({ values }: IncrementSet): number {
    return values.size * comparisonsPerKey;
  }

  flight(requests: readonly Request[]): Flight<Request> {
    const { layout, nonces, known, acknowledgements } = this.#options;
    const timeline = this.#options.timeline();
    const before = new Map<string, Seen>();
    for (const { set } of requests)
      for (const key of set.values.keys()) before.set(key, before.get(key) ?? known.get(key));
    const sums = new Sums((key) => before.get(key)?.value);
    const outcomes = requests.map(({ set }) => sums.add(set.values));
    const failure = [...before.keys()].map((key): RequestOp => ({ request_range: { key: layout.encode(key) } }));
    const puts = this.#puts(sums.all, before);
    const { request, written, found } = acknowledgements.confirm({
      compare: [...before].flatMap(([key, seen]) => comparisonsOf(layout.encode(key), seen)),
      // Without a sum it only compares: what was refused has to be true as well.
      success:
        puts.length === 0
          ? [{ request_range: { key: layout.head, keys_only: true } }]
          : [{ request_put: { key: layout.head, value: nonces.next() } }, ...puts],
      failure,
    });
    return {
      request,
      land(response) {
        const { succeeded, header, responses } = response;
        if (!succeeded) {
          [...before.keys()].forEach((key, i) => {
            known.saw(key, responses[i]?.response_range?.kvs[0], header.revision);
          });
          return requests;
        }
        for (const [key, sum] of sums.all) known.wrote(key, before.get(key), String(sum), header.revision);
        const may = puts.length > 0 ? written : () => found(response, headOf(response));
        return answered(requests, may, response, () => {
          answer(requests, outcomes, { timeline, revision: header.revision });
        });
      },
    };
  }

  #puts(sums: ReadonlyMap<string, bigint>, before: ReadonlyMap<string, Seen>): RequestOp[] {
    const { layout } = this.#options;
    return [...sums].map(([key, sum]) => {
      const put = { key: layout.encode(key), value: Buffer.from(String(sum)) };
      // A deadline stays: it is in the lease. That of a value which is gone does not.
      return { request_put: before.get(key)?.value === undefined ? put : { ...put, ignore_lease: true } };
    });
  }
}

/** Of a transaction that wrote nothing. */
function headOf({ responses }: TxnResponse): number {
  return responses[0]?.response_range?.kvs[0]?.mod_revision ?? 0;
}

function answer(
  requests: readonly Request[],
  outcomes: readonly Outcome[],
  version: { readonly timeline: string; readonly revision: number },
): void {
  const last = new Map<string, Request>();
  requests.forEach((request, i) => {
    if (!(outcomes[i] instanceof Problem)) for (const key of request.set.values.keys()) last.set(key, request);
  });
  requests.forEach((request, i) => {
    const sums = outcomes[i];
    if (sums instanceof Problem) request.reject(sums);
    else if (sums !== undefined) {
      const stands = [...sums.keys()].every((key) => last.get(key) === request);
      request.resolve(stands ? { ...version, sums } : { ...version, sums, overwritten: i + 1 });
    }
  });
}
