/** Responses from bytes: numbers of 64 bits become texts only where they may be larger than a JavaScript number holds. */
import { messageType } from '@kvstore/etcd/schema.ts';
import type { KeyValue, RangeResponse, ResponseHeader, ResponseOp, TxnResponse, WatchResponse } from './messages.ts';

/** What protobufjs makes of 64 bits; its toString gives a decimal number. */
interface Long {
  toNumber(): number;
}

interface DecodedHeader {
  readonly cluster_id: Long;
  readonly revision: Long;
  readonly raft_term: Long;
}

interface DecodedKeyValue {
  /** Parts of the response, not copies; an empty array when it was not sent. */
  readonly key: Buffer | readonly [];
  readonly value: Buffer | readonly [];
  readonly mod_revision: Long;
  readonly lease: Long;
}

interface DecodedRange {
  readonly header: DecodedHeader | null;
  readonly kvs: readonly DecodedKeyValue[];
  readonly more: boolean;
}

interface DecodedTxn {
  readonly header: DecodedHeader | null;
  readonly succeeded: boolean;
  readonly responses: readonly {
    readonly response_range: DecodedRange | null;
    readonly response_delete_range: { readonly deleted: Long } | null;
  }[];
}

interface DecodedWatch extends Omit<WatchResponse, 'compact_revision' | 'events'> {
  readonly compact_revision: Long;
  readonly events: readonly { readonly type: number; readonly kv: DecodedKeyValue | null }[];
}

/** @throws when the bytes are no such message, or are cut off within a field */
function decoder<T>(name: string): (bytes: Buffer) => T {
  const type = messageType(name);
  return (bytes) => type.decode(bytes) as unknown as T;
}

const asRange = decoder<DecodedRange>('RangeResponse');
const asTxn = decoder<DecodedTxn>('TxnResponse');
const asWatch = decoder<DecodedWatch>('WatchResponse');

export function decodeRange(bytes: Buffer): RangeResponse {
  return rangeOf(asRange(bytes));
}

export function decodeTxn(bytes: Buffer): TxnResponse {
  const { header, succeeded, responses } = asTxn(bytes);
  return { header: headerOf(header), succeeded, responses: responses.map(operationOf) };
}

/** By etcd.proto; anything else is a put. */
const deleteEvent = 1;

export function decodeWatch(bytes: Buffer): WatchResponse {
  const { created, canceled, cancel_reason, compact_revision, fragment, events } = asWatch(bytes);
  return {
    ...{ created, canceled, cancel_reason, fragment, compact_revision: compact_revision.toNumber() },
    events: events.map(({ type, kv }) => {
      return { type: type === deleteEvent ? 'DELETE' : 'PUT', kv: kv === null ? noKeyValue : keyValueOf(kv) };
    }),
  };
}

const toPut: ResponseOp = {};

function operationOf({ response_range, response_delete_range }: DecodedTxn['responses'][number]): ResponseOp {
  if (response_range !== null) return { response_range: rangeOf(response_range) };
  if (response_delete_range === null) return toPut;
  return { response_delete_range: { deleted: response_delete_range.deleted.toNumber() } };
}

function rangeOf({ header, kvs, more }: DecodedRange): RangeResponse {
  return { header: headerOf(header), kvs: kvs.map(keyValueOf), more };
}

const noHeader: ResponseHeader = { cluster_id: '0', revision: 0, raft_term: 0 };

function headerOf(header: DecodedHeader | null): ResponseHeader {
  if (header === null) return noHeader;
  const { cluster_id, revision, raft_term } = header;
  return { cluster_id: cluster_id.toString(), revision: revision.toNumber(), raft_term: raft_term.toNumber() };
}

const noBytes: Buffer = Buffer.alloc(0);
const noKeyValue: KeyValue = { key: noBytes, value: noBytes, mod_revision: 0, lease: '0' };

function keyValueOf({ key, value, mod_revision, lease }: DecodedKeyValue): KeyValue {
  const revision = mod_revision.toNumber();
  return { key: bytesOf(key), value: bytesOf(value), mod_revision: revision, lease: lease.toString() };
}

function bytesOf(bytes: Buffer | readonly []): Buffer {
  return bytes.length === 0 ? noBytes : (bytes as Buffer);
}
