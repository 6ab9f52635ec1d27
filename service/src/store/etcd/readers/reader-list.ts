/** The readers' keys and the notices as etcd has them, and what their values say. */
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import type { ReaderList } from '../lease/state.ts';
import { parseTimeline } from '../replicate/timeline-key.ts';
import type { KeyValue, RequestOp, ResponseOp, TxnResponse } from '../wire/messages.ts';
import { WriteNonces } from '../write/write-nonces.ts';

/** How replicas reach a reader. */
export interface ReaderAddress {
  /** Host and port. */
  readonly address: string;
  readonly secret: string;
}

/** With the addresses of those readers whose keys say one. */
export interface FoundReaders extends ReaderList {
  readonly addresses: ReadonlyMap<string, ReaderAddress>;
}

const protocol = 1;
/** Milliseconds that the list may take. */
const timeout = 5000;

export function readerValue({ address, secret }: ReaderAddress): Buffer {
  return Buffer.from(JSON.stringify({ protocol, address, secret }));
}

/**
 * Undefined: something else put it, or a version that speaks another protocol. It cannot be reached, so a notice ends its
 * lease, whatever protocol that is of (ADR 0320).
 */
export function addressOf(value: Buffer): ReaderAddress | undefined {
  const { protocol: theirs, address, secret } = parsed(value);
  if (theirs !== protocol || typeof address !== 'string' || typeof secret !== 'string') return undefined;
  return { address, secret };
}

function parsed(value: Buffer): { readonly protocol?: unknown; readonly address?: unknown; readonly secret?: unknown } {
  try {
    return JSON.parse(value.toString()) ?? {};
  } catch {
    return {};
  }
}

/** A notice's name. */
export function nameOf(value: Buffer): string {
  return value.toString('latin1');
}

/** What a transaction reads to have the list. */
export function listReads({ readers, notices }: Layout): RequestOp[] {
  return [readers, notices].map(({ start, end }) => ({ request_range: { key: start, range_end: end } }));
}

/** `found`: the answers to `listReads`. */
export function listOf(layout: Layout, found: readonly ResponseOp[], revision: number, timeline: string): FoundReaders {
  const [readers = [], notices = []] = found.map(({ response_range }) => response_range?.kvs ?? []);
  const names = new Map(notices.map(({ key, value }) => [layout.notices.idOf(key), nameOf(value)]));
  const addresses = new Map<string, ReaderAddress>();
  const ofReader = ({ key, value, mod_revision: since }: KeyValue) => {
    const id = layout.readers.idOf(key) ?? '';
    const address = addressOf(value);
    if (address !== undefined) addresses.set(id, address);
    return { id, since, notice: names.get(id) };
  };
  return { timeline, revision, readers: readers.map(ofReader), addresses };
}

/**
 * Makes a revision of this store, which all readers receive and report: that of a full sync may be one of another store in
 * the same etcd, which they never receive. Throws EtcdCallError.
 */
export async function noteSync(client: Pick<EtcdClient, 'callLeader'>, { synced }: Layout): Promise<void> {
  const value = new WriteNonces().next();
  await client.callLeader<TxnResponse>('txn', { success: [{ request_put: { key: synced, value } }] }, timeout);
}

/** As it is now. Throws EtcdCallError. */
export async function readReaders(client: Pick<EtcdClient, 'callLeader'>, layout: Layout): Promise<FoundReaders> {
  const request = { success: [{ request_range: { key: layout.timeline } }, ...listReads(layout)] };
  const { header, responses } = await client.callLeader<TxnResponse>('txn', request, timeout);
  const [named, ...found] = responses;
  const timeline = parseTimeline(named?.response_range?.kvs[0]?.value).name ?? '';
  return listOf(layout, found, header.revision, timeline);
}
