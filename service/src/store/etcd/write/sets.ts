/** Sets and deletions that are gathered: what one of them takes, and the transaction of several. */
import type { Clock } from '../../clock.ts';
import type { Layout } from '../layout.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { type Outcome, Transaction, type WriteSet } from './transaction.ts';
import type { WriteNonces } from './write-nonces.ts';
import { checkSize, type Write, type WriterLimits } from './write-queue.ts';
import { answered, type Flight, type Gathering, Writer, type WriterOptions } from './writer.ts';

export interface SetsOptions {
  readonly layout: Layout;
  readonly limits: WriterLimits;
  readonly nonces: WriteNonces;
  readonly clock: Clock;
  /** The timeline that the index is on. */
  readonly timeline: () => string;
  readonly acknowledgements: Pick<Acknowledgements, 'confirm'>;
}

class Sets implements Gathering<WriteSet, Outcome> {
  readonly #options: SetsOptions;

  constructor(options: SetsOptions) {
    this.#options = options;
  }

  bytes({ values }: WriteSet): number {
    const { layout, limits } = this.#options;
    return checkSize(values, layout, limits);
  }

  operations({ values, doubtful }: WriteSet): number {
    return values.size + doubtful.size;
  }

  flight(writes: readonly Write<WriteSet, Outcome>[]): Flight<Write<WriteSet, Outcome>> {
    const { layout, nonces, clock, acknowledgements } = this.#options;
    const transaction = new Transaction(
      layout,
      nonces.next(),
      writes.map(({ set }) => set),
    );
    const timeline = this.#options.timeline();
    const { request, written } = acknowledgements.confirm({ success: transaction.operations });
    return {
      request,
      land(response) {
        const now = clock.wall();
        return answered(writes, written, response, () => {
          for (const { set, resolve } of writes) resolve(transaction.outcome(set, timeline, response, now));
        });
      },
    };
  }
}

export function writerOfSets(options: WriterOptions & SetsOptions): Writer<WriteSet, Outcome> {
  return new Writer(options, new Sets(options));
}
