/**
 * What the store says to etcd in calls that requests wait for, by the names of its API
 * (https://etcd.io/docs/v3.6/learning/api/), with what is used of it.
 */

export interface KeyValue {
  readonly key: Buffer;
  /** Empty for a key that was deleted, and when only keys were asked for. */
  readonly value: Buffer;
  readonly mod_revision: number;
  /** A decimal number of 64 bits; '0': none. */
  readonly lease: string;
}

export interface RangeRequest {
  readonly key: Buffer;
  readonly range_end?: Buffer;
  readonly limit?: number;
  /** 0: the newest. */
  readonly revision?: number;
  readonly keys_only?: boolean;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  /** There are more keys than the limit. */
  readonly more: boolean;
}

export interface ResponseHeader {
  /** A decimal number of 64 bits. */
  readonly cluster_id: string;
  readonly revision: number;
  /** It rises with each election. */
  readonly raft_term: number;
}

/** Exactly one of them is set. */
export interface RequestOp {
  readonly request_range?: RangeRequest;
  readonly request_put?: {
    readonly key: Buffer;
    readonly value: Buffer;
    readonly lease?: string;
    /** The key, which has to be there, keeps its lease. */
    readonly ignore_lease?: boolean;
  };
  readonly request_delete_range?: { readonly key: Buffer };
}

/** The key's mod revision, 0 for a key that is not there, is equal to or greater than this one. */
export interface CompareRevision {
  readonly key: Buffer;
  readonly result: 'EQUAL' | 'GREATER';
  readonly mod_revision: number;
}

/** The key has this value. */
export interface CompareValue {
  readonly key: Buffer;
  readonly result: 'EQUAL';
  readonly value: Buffer;
}

export type Compare = CompareRevision | CompareValue;

export interface TxnRequest {
  readonly compare?: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure?: readonly RequestOp[];
}

/** To a put: none is set. */
export interface ResponseOp {
  readonly response_range?: RangeResponse;
  readonly response_delete_range?: { readonly deleted: number };
}

export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

/** Asks for all events of a range of keys from a revision on. */
export interface WatchRequest {
  readonly create_request: {
    readonly key: Buffer;
    readonly range_end: Buffer;
    readonly start_revision: number;
    /** Long responses come in parts. */
    readonly fragment: boolean;
  };
}

export interface WatchEvent {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: KeyValue;
}

export interface WatchResponse {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly cancel_reason: string;
  /** Above 0: the revision to start from is gone, and this is the oldest. */
  readonly compact_revision: number;
  /** The next response goes on where this one ends. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}
