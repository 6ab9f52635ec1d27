/** Requests as bytes: field numbers are those of etcd's rpc.proto. A field that is not written has its default. */
import protobuf, { type Writer } from 'protobufjs/minimal.js';
import type { Compare, RangeRequest, RequestOp, TxnRequest } from './messages.ts';

export function encodeRange(request: RangeRequest): Buffer {
  return finish(writeRange(protobuf.Writer.create(), request));
}

export function encodeTxn({ compare = [], success, failure = [] }: TxnRequest): Buffer {
  const writer = protobuf.Writer.create();
  for (const each of compare) writeCompare(writer.uint32(bytesField(1)).fork(), each).ldelim();
  for (const each of success) writeOperation(writer.uint32(bytesField(2)).fork(), each).ldelim();
  for (const each of failure) writeOperation(writer.uint32(bytesField(3)).fork(), each).ldelim();
  return finish(writer);
}

function writeOperation(
  writer: Writer,
  { request_range: range, request_put: put, request_delete_range: deletion }: RequestOp,
): Writer {
  if (put !== undefined) {
    writer.uint32(bytesField(2)).fork();
    writer.uint32(bytesField(1)).bytes(put.key).uint32(bytesField(2)).bytes(put.value);
    if (put.lease !== undefined) writer.uint32(numberField(3)).int64(put.lease);
    return writer.ldelim();
  }
  if (range !== undefined) return writeRange(writer.uint32(bytesField(1)).fork(), range).ldelim();
  if (deletion === undefined) throw new Error('An operation is a put, a range or a deletion.');
  return writer.uint32(bytesField(3)).fork().uint32(bytesField(1)).bytes(deletion.key).ldelim();
}

function writeRange(writer: Writer, { key, range_end, limit, revision, keys_only }: RangeRequest): Writer {
  writer.uint32(bytesField(1)).bytes(key);
  if (range_end !== undefined) writer.uint32(bytesField(2)).bytes(range_end);
  if (limit !== undefined) writer.uint32(numberField(3)).int64(limit);
  if (revision !== undefined) writer.uint32(numberField(4)).int64(revision);
  if (keys_only) writer.uint32(numberField(8)).bool(true);
  return writer;
}

const results = { EQUAL: 0, GREATER: 1 };
const modTarget = 2;

function writeCompare(writer: Writer, { key, result, mod_revision }: Compare): Writer {
  writer.uint32(numberField(1)).int32(results[result]).uint32(numberField(2)).int32(modTarget);
  return writer.uint32(bytesField(3)).bytes(key).uint32(numberField(6)).int64(mod_revision);
}

/** A field of bytes, a text or a message; https://protobuf.dev/programming-guides/encoding/. */
function bytesField(number: number): number {
  return (number << 3) | 2;
}

function numberField(number: number): number {
  return number << 3;
}

function finish(writer: Writer): Buffer {
  // In Node.js it is one.
  return writer.finish() as Buffer;
}
