/** The transactions of a reader's key and of the notice against it (ADR 0290, R1, R2, R12 and R13). */
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import { parseTimeline } from '../replicate/timeline-key.ts';
import type { TxnRequest, TxnResponse } from '../wire/messages.ts';
import { type ReaderAddress, readerValue } from './reader-list.ts';

/** Why a check does not confirm a lease. */
export type Refusal = 'removed' | 'noticed' | 'timeline';

/** What the deletion of a reader's key found. */
export interface Removed {
  readonly wasThere: boolean;
  readonly wasNoticed: boolean;
}

export class ReaderKeys {
  readonly #client: Pick<EtcdClient, 'callLeader'>;
  readonly #layout: Layout;

  constructor(client: Pick<EtcdClient, 'callLeader'>, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  /** Makes the key. False: it was there. Throws EtcdCallError, as all calls here; then the key may be made still. */
  async make(id: string, address: ReaderAddress, timeout: number): Promise<boolean> {
    const { readers } = this.#layout;
    const key = readers.keyOf(id);
    const compare = [{ key, result: 'EQUAL', mod_revision: 0 } as const];
    const success = [{ request_put: { key, value: readerValue(address) } }];
    const { succeeded } = await this.#transact({ compare, success }, timeout);
    return succeeded;
  }

  /** Undefined: the key is there, no notice against it, and etcd is on the timeline. */
  async check(id: string, timeline: string, timeout: number): Promise<Refusal | undefined> {
    const { readers, notices, timeline: named } = this.#layout;
    const keys = [readers.keyOf(id), notices.keyOf(id), named];
    const success = keys.map((key) => ({ request_range: { key } }));
    const { responses } = await this.#transact({ success }, timeout);
    const [own, notice, name] = responses.map(({ response_range }) => response_range?.kvs[0]);
    if (parseTimeline(name?.value).name !== timeline) return 'timeline';
    if (own === undefined) return 'removed';
    return notice === undefined ? undefined : 'noticed';
  }

  /** Deletes the key, and the notice if there is one. */
  async remove(id: string, timeout: number): Promise<Removed> {
    const { responses } = await this.#transact({ success: this.#deletes(id) }, timeout);
    const [keys, notices] = responses.map(({ response_delete_range }) => response_delete_range?.deleted ?? 0);
    return { wasThere: keys !== 0, wasNoticed: notices !== 0 };
  }

  /** Puts a notice against a reader that has none. False: the reader is gone, or has one. */
  async notice(id: string, name: string, timeout: number): Promise<boolean> {
    const { readers, notices } = this.#layout;
    const key = notices.keyOf(id);
    const request: TxnRequest = {
      compare: [
        { key: readers.keyOf(id), result: 'GREATER', mod_revision: 0 },
        { key, result: 'EQUAL', mod_revision: 0 },
      ],
      success: [{ request_put: { key, value: Buffer.from(name, 'latin1') } }],
    };
    const { succeeded } = await this.#transact(request, timeout);
    return succeeded;
  }

  /** Deletes the key of another replica against which there is that very notice. */
  async removeNoticed(id: string, name: string, timeout: number): Promise<void> {
    const { readers, notices } = this.#layout;
    const compare = [
      { key: readers.keyOf(id), result: 'GREATER', mod_revision: 0 },
      { key: notices.keyOf(id), result: 'EQUAL', value: Buffer.from(name, 'latin1') },
    ] as const;
    await this.#transact({ compare, success: this.#deletes(id) }, timeout);
  }

  #deletes(id: string): TxnRequest['success'] {
    const { readers, notices } = this.#layout;
    return [{ request_delete_range: { key: readers.keyOf(id) } }, { request_delete_range: { key: notices.keyOf(id) } }];
  }

  #transact(request: TxnRequest, timeout: number): Promise<TxnResponse> {
    return this.#client.callLeader<TxnResponse>('txn', request, timeout);
  }
}
