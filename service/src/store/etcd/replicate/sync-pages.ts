/** What a full sync reads: pages of the users' keys, all as they were at the revision of the first. */
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import { type Head, noHead, tokenOf } from '../read/head.ts';
import { type FoundReaders, listOf, listReads } from '../readers/reader-list.ts';
import type { RangeRequest, RangeResponse, ResponseHeader, TxnRequest, TxnResponse } from '../wire/messages.ts';
import { parseTimeline } from './timeline-key.ts';

/**
 * Keys of a page at most; pages aim at `pageBytes`, so big values make for fewer. etcd counts all keys behind a page's
 * start for each page: small pages make a sync of a million keys several times slower.
 */
const maxPageKeys = 16_000;
const pageBytes = 4 << 20;
/** Milliseconds a page may take. */
export const pageTimeout = 10_000;

type Page = Pick<RangeResponse, 'kvs' | 'more'>;

export interface FirstPage {
  readonly page: Page;
  /** The newest write at the revision of all pages. */
  readonly head: Head;
  /** Undefined: etcd has none, or something else put it. */
  readonly timeline: string | undefined;
  readonly readers: FoundReaders;
}

/** What was read is of two histories, perhaps. */
export function changedMeanwhile(): Error {
  return new Error('etcd was put back or replaced during a full sync.');
}

export class SyncPages {
  revision = 0;
  clusterId = '';
  readonly #client: Pick<EtcdClient, 'call'>;
  readonly #layout: Layout;
  #limit = 500;

  constructor(client: Pick<EtcdClient, 'call'>, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  /** Page, head key, timeline and readers in one transaction, so that they are of one history. Throws EtcdCallError. */
  async first(): Promise<FirstPage> {
    const { keys, head, timeline } = this.#layout;
    return await this.#fitting(async () => {
      const ranges: RangeRequest[] = [
        { key: keys.start, range_end: keys.end, limit: this.#limit },
        { key: head },
        { key: timeline },
      ];
      const reads = ranges.map((request_range) => ({ request_range }));
      const request: TxnRequest = { success: [...reads, ...listReads(this.#layout)] };
      const { header, responses } = await this.#client.call<TxnResponse>('KV', 'txn', request, pageTimeout);
      const [page = nothing, heads, timelines] = responses.map(({ response_range }) => response_range ?? nothing);
      const name = parseTimeline(timelines?.kvs[0]?.value).name;
      this.#accept(header, page);
      const kv = heads?.kvs[0];
      return {
        page,
        head: kv === undefined ? noHead : { revision: kv.mod_revision, token: tokenOf(kv.value) },
        timeline: name,
        readers: listOf(this.#layout, responses.slice(reads.length), this.revision, name ?? ''),
      };
    });
  }

  /** The page behind the key. Throws EtcdCallError, and an Error when etcd has less than before. */
  async next(last: Buffer): Promise<Page> {
    const key = Buffer.concat([last, Buffer.of(0)]);
    const { revision } = this;
    return await this.#fitting(async () => {
      const request: RangeRequest = { key, range_end: this.#layout.keys.end, limit: this.#limit, revision };
      const page = await this.#client.call<RangeResponse>('KV', 'range', request, pageTimeout);
      this.#accept(page.header, page);
      return page;
    });
  }

  /** Smaller pages, as long as they are larger than a message may be. */
  async #fitting<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read();
      } catch (error) {
        if (meaningOf(error) !== 'too-large' || this.#limit === 1) throw error;
        this.#limit = Math.max(1, Math.floor(this.#limit / 10));
      }
    }
  }

  #accept({ revision, cluster_id: clusterId }: ResponseHeader, { kvs }: Page): void {
    if (this.revision === 0) {
      this.revision = revision;
      this.clusterId = clusterId;
    }
    if (clusterId !== this.clusterId || revision < this.revision) throw changedMeanwhile();
    let bytes = 0;
    for (const kv of kvs) bytes += kv.key.length + kv.value.length;
    const fitting = Math.floor((pageBytes * Math.max(1, kvs.length)) / Math.max(1, bytes));
    this.#limit = Math.max(1, Math.min(maxPageKeys, fitting, this.#limit * 4));
  }
}

const nothing: Page = { kvs: [], more: false };
