/**
 * Responses from bytes: field numbers are those of etcd's rpc.proto and kv.proto. Only what is used becomes an object,
 * and numbers of 64 bits become texts only where they may be larger than a JavaScript number holds: for a transaction
 * and its watch events, a decoder that knows nothing of this takes several times as long.
 */
import protobuf, { type Reader } from 'protobufjs/minimal.js';
import type {
  KeyValue,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
  WatchEvent,
  WatchResponse,
} from './messages.ts';

export function decodeRange(bytes: Buffer): RangeResponse {
  const reader = protobuf.Reader.create(bytes);
  return readRange(reader, reader.len);
}

export function decodeTxn(bytes: Buffer): TxnResponse {
  const reader = protobuf.Reader.create(bytes);
  let header = noHeader;
  let succeeded = false;
  const responses: ResponseOp[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) header = readHeader(reader, endOf(reader));
    else if (tag >>> 3 === 2) succeeded = reader.bool();
    else if (tag >>> 3 === 3) responses.push(readOperation(reader, endOf(reader)));
    else reader.skipType(tag & 7);
  }
  return { header, succeeded, responses };
}

export function decodeWatch(bytes: Buffer): WatchResponse {
  const reader = protobuf.Reader.create(bytes);
  const events: WatchEvent[] = [];
  const response = { created: false, canceled: false, cancel_reason: '', compact_revision: 0, fragment: false, events };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 11) events.push(readEvent(reader, endOf(reader)));
    else if (tag >>> 3 === 3) response.created = reader.bool();
    else if (tag >>> 3 === 4) response.canceled = reader.bool();
    else if (tag >>> 3 === 5) response.compact_revision = readNumber(reader);
    else if (tag >>> 3 === 6) response.cancel_reason = reader.string();
    else if (tag >>> 3 === 7) response.fragment = reader.bool();
    else reader.skipType(tag & 7);
  }
  return response;
}

function readOperation(reader: Reader, end: number): ResponseOp {
  let operation = toPut;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) operation = { response_range: readRange(reader, endOf(reader)) };
    else if (tag >>> 3 === 3) operation = { response_delete_range: readDeletion(reader, endOf(reader)) };
    else reader.skipType(tag & 7);
  }
  return operation;
}

const toPut: ResponseOp = {};

function readRange(reader: Reader, end: number): RangeResponse {
  let header = noHeader;
  let more = false;
  const kvs: KeyValue[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) header = readHeader(reader, endOf(reader));
    else if (tag >>> 3 === 2) kvs.push(readKeyValue(reader, endOf(reader)));
    else if (tag >>> 3 === 3) more = reader.bool();
    else reader.skipType(tag & 7);
  }
  return { header, kvs, more };
}

function readDeletion(reader: Reader, end: number): { readonly deleted: number } {
  let deleted = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 2) deleted = readNumber(reader);
    else reader.skipType(tag & 7);
  }
  return { deleted };
}

const noHeader: ResponseHeader = { cluster_id: '0', revision: 0, raft_term: 0 };

function readHeader(reader: Reader, end: number): ResponseHeader {
  let clusterId = '0';
  let revision = 0;
  let raftTerm = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) clusterId = reader.uint64().toString();
    else if (tag >>> 3 === 3) revision = readNumber(reader);
    else if (tag >>> 3 === 4) raftTerm = readNumber(reader);
    else reader.skipType(tag & 7);
  }
  return { cluster_id: clusterId, revision, raft_term: raftTerm };
}

function readEvent(reader: Reader, end: number): WatchEvent {
  let type: WatchEvent['type'] = 'PUT';
  let kv = noKeyValue;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) type = reader.int32() === 1 ? 'DELETE' : 'PUT';
    else if (tag >>> 3 === 2) kv = readKeyValue(reader, endOf(reader));
    else reader.skipType(tag & 7);
  }
  return { type, kv };
}

const noBytes: Buffer = Buffer.alloc(0);
const noKeyValue: KeyValue = { key: noBytes, value: noBytes, mod_revision: 0, lease: '0' };

function readKeyValue(reader: Reader, end: number): KeyValue {
  let key = noBytes;
  let value = noBytes;
  let modRevision = 0;
  let lease = '0';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = readBytes(reader);
    else if (tag >>> 3 === 3) modRevision = readNumber(reader);
    else if (tag >>> 3 === 5) value = readBytes(reader);
    else if (tag >>> 3 === 6) lease = reader.int64().toString();
    else reader.skipType(tag & 7);
  }
  return { key, value, mod_revision: modRevision, lease };
}

/** Where the message ends whose length is next. */
function endOf(reader: Reader): number {
  // Not in one sum: reading the length moves the position.
  const length = reader.uint32();
  return reader.pos + length;
}

/** A part of the response, not a copy. */
function readBytes(reader: Reader): Buffer {
  // In Node.js they are a Buffer.
  return reader.bytes() as Buffer;
}

/** What the reader gives for 64 bits, whatever its types say. */
interface Long {
  toNumber(): number;
}

/** Revisions and counts, which stay below 2^53. */
function readNumber(reader: Reader): number {
  return (reader.int64() as unknown as Long).toNumber();
}
