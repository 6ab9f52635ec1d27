/** Requests as bytes. */
import { messageType } from '@kvstore/etcd/schema.ts';
import type { RangeRequest, TxnRequest } from './messages.ts';

const [rangeRequest, txnRequest] = [messageType('RangeRequest'), messageType('TxnRequest')];
/** By etcd.proto. */
const results = { EQUAL: 0, GREATER: 1 };
const targets = { mod: 2, value: 3 };

export function encodeRange(request: RangeRequest): Buffer {
  // In Node.js it is one.
  return rangeRequest.encode(request).finish() as Buffer;
}

export function encodeTxn(request: TxnRequest): Buffer {
  const compare = request.compare?.map((each) => {
    return { ...each, result: results[each.result], target: 'value' in each ? targets.value : targets.mod };
  });
  return txnRequest.encode(compare === undefined ? request : { ...request, compare }).finish() as Buffer;
}
