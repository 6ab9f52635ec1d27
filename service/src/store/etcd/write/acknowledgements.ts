/**
 * When the answer to a transaction may be given: a write is acknowledged, and what a transaction found is shown, when every
 * replica that reads by lease knows of it (ADR 0290, R9). Each transaction looks whether there are readers at all, and
 * without them its answer waits for nothing.
 */
import type { Layout } from '../layout.ts';
import { mayAcknowledge, shows } from '../lease/reads.ts';
import type { Stability } from '../readers/stability.ts';
import { HistoryChanged, type Replica } from '../replicate/replica.ts';
import { parseTimeline } from '../replicate/timeline-key.ts';
import type { RequestOp, TxnRequest, TxnResponse } from '../wire/messages.ts';
import { outcomeUnknown } from './write-problems.ts';
import { lookOperations, type WriterLimits } from './write-queue.ts';

export interface AcknowledgementsOptions {
  readonly layout: Layout;
  readonly limits: Pick<WriterLimits, 'maxTxnOps'>;
  readonly stability: Pick<Stability, 'state'>;
  readonly replica: Pick<Replica, 'reach' | 'putBack'>;
  /** A transaction was carried out in another history than that of the index. */
  readonly onOtherHistory: () => void;
  /** An answer waits until the index covers this revision. */
  readonly waiting: (revision: number, reached: Promise<void>) => Promise<void>;
}

/** A transaction, and when its answer may be given. Nothing here has a deadline: the caller's. */
export interface Confirmed {
  /** With the looks. */
  readonly request: TxnRequest;
  /**
   * It has written. Undefined: that may be said; else resolves when it may. Throws and rejects with Problem
   * `outcome-unknown`.
   */
  written(response: TxnResponse): Promise<void> | undefined;
  /**
   * It has written nothing, and found the head key at the revision. Undefined: what it found may be shown; else resolves
   * when it may. Throws and rejects with HistoryChanged: it was carried out in another history.
   */
  found(response: TxnResponse, head: number): Promise<void> | undefined;
}

export class Acknowledgements {
  readonly #options: AcknowledgementsOptions;
  readonly #looks: readonly RequestOp[];

  constructor(options: AcknowledgementsOptions) {
    const { readers, timeline } = options.layout;
    this.#options = options;
    this.#looks = [
      { request_range: { key: readers.start, range_end: readers.end, keys_only: true, limit: 1 } },
      { request_range: { key: timeline } },
    ];
  }

  /** Call it just before the transaction is sent. */
  confirm({ compare, success, failure }: TxnRequest): Confirmed {
    const { stability, replica, onOtherHistory, waiting } = this.#options;
    const receivedBefore = stability.state.received;
    const both = { success: this.#withLooks(success), failure: failure === undefined ? [] : this.#withLooks(failure) };
    const found = ({ succeeded, responses }: TxnResponse) => {
      const hasLooks = succeeded ? both.success !== success : both.failure !== failure;
      return this.#found(hasLooks ? responses.slice(-lookOperations) : []);
    };
    return {
      request: {
        ...(compare === undefined ? {} : { compare }),
        ...(failure === undefined ? { success: both.success } : both),
      },
      written: (response) => {
        const { revision } = response.header;
        const { state } = stability;
        const committed = { ...found(response), revision, receivedBefore };
        if (mayAcknowledge(state, committed)) return undefined;
        if (committed.timeline !== state.timeline || revision <= receivedBefore) {
          onOtherHistory();
          throw otherHistory();
        }
        const reached = replica.reach(revision);
        if (reached === undefined) return undefined;
        return waiting(revision, reached).catch((error: unknown) => {
          throw error instanceof HistoryChanged ? otherHistory() : error;
        });
      },
      found: (response, head) => {
        const { state } = stability;
        const { timeline, readers } = found(response);
        if (timeline !== state.timeline) {
          onOtherHistory();
          throw new HistoryChanged();
        }
        if (readers === 0 || shows(state, timeline, head)) return undefined;
        const reached = replica.reach(head);
        return reached === undefined ? undefined : waiting(head, reached);
      },
    };
  }

  /** Where there is no room for it the answer waits. */
  #withLooks(operations: readonly RequestOp[]): readonly RequestOp[] {
    const { maxTxnOps } = this.#options.limits;
    return operations.length + lookOperations > maxTxnOps ? operations : [...operations, ...this.#looks];
  }

  #found([readers, timeline]: TxnResponse['responses']): { readonly readers: number; readonly timeline: string } {
    const { stability, replica } = this.#options;
    const ours = stability.state.timeline;
    if (readers === undefined || timeline === undefined) return { readers: 1, timeline: ours };
    const count = readers.response_range?.kvs.length ?? 0;
    // A full etcd that was put back keeps the name of before: see Replica.putBack.
    const isInterim = replica.putBack !== undefined && count === 0;
    const name = parseTimeline(timeline.response_range?.kvs[0]?.value).name ?? '';
    return { readers: count, timeline: isInterim ? ours : name };
  }
}

function otherHistory() {
  return outcomeUnknown('etcd was put back to an earlier state, or replaced');
}
