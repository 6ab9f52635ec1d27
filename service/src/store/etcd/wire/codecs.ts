/**
 * The calls that requests wait for skip what the client's conversions do for each field (messageType): that is a tenth of
 * the time that a set of many pairs takes the service (ADR 0254).
 */
import { type Method, methodOf } from '@kvstore/etcd/schema.ts';
import { decodeRange, decodeTxn, decodeWatch } from './decode.ts';
import { encodeRange, encodeTxn } from './encode.ts';
import type { RangeRequest, TxnRequest, WatchRequest, WatchResponse } from './messages.ts';

/** By service and method. */
export const codecs: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'KV.range',
    {
      ...methodOf('KV', 'range'),
      requestSerialize: (request) => encodeRange(request as RangeRequest),
      responseDeserialize: decodeRange,
    },
  ],
  [
    'KV.txn',
    {
      ...methodOf('KV', 'txn'),
      requestSerialize: (request) => encodeTxn(request as TxnRequest),
      responseDeserialize: decodeTxn,
    },
  ],
]);

/** A watch has one request and many answers. */
export const watchCodec: {
  readonly path: string;
  requestSerialize(request: WatchRequest): Buffer;
  responseDeserialize(bytes: Buffer): WatchResponse;
} = { ...methodOf('Watch', 'watch'), responseDeserialize: decodeWatch };
