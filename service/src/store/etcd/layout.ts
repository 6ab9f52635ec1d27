/**
 * Where things lie in etcd: `<prefix>k/<key>` holds a key's JSON text, `<prefix>head` the head key, `<prefix>timeline`
 * the store's timeline, `<prefix>readers/<id>` a replica's lease, and `<prefix>notices/<id>` a notice against one
 * (ADR 0290). No key of a user can be one of those, since users' keys have a sub-range of their own.
 */
import { isUtf8 } from 'node:buffer';
import { maxKeyBytes } from '@kvstore/core/key.ts';

export interface Range {
  readonly start: Buffer;
  /** The first key behind the range. */
  readonly end: Buffer;
}

/** A range of keys that end with an id. */
export interface Place extends Range {
  keyOf(id: string): Buffer;
  /** Undefined: the etcd key is elsewhere. */
  idOf(etcdKey: Buffer): string | undefined;
}

export interface Layout {
  /** Everything of this store. */
  readonly all: Range;
  /** The users' keys. */
  readonly keys: Range;
  /** Put by every write transaction: its mod revision is that of the store's newest write. */
  readonly head: Buffer;
  /** The store's timeline: see timeline-key.ts. */
  readonly timeline: Buffer;
  /** The leases by which replicas read. */
  readonly readers: Place;
  /** The notices against them. */
  readonly notices: Place;
  /** Put by a replica that has synced in full: readers that have received it have received what the sync brought. */
  readonly synced: Buffer;
  encode(key: string): Buffer;
  /** The user's key; undefined for an etcd key that none can have (put by something else). */
  decode(etcdKey: Buffer): string | undefined;
}

export function layout(prefix: string): Layout {
  const keysPrefix = `${prefix}k/`;
  const keys = rangeOf(keysPrefix);
  const skip = keys.start.length;
  return {
    all: rangeOf(prefix),
    keys,
    head: Buffer.from(`${prefix}head`),
    timeline: Buffer.from(`${prefix}timeline`),
    readers: placeOf(`${prefix}readers/`),
    notices: placeOf(`${prefix}notices/`),
    synced: Buffer.from(`${prefix}synced`),
    encode: (key) => Buffer.from(keysPrefix + key),
    decode(etcdKey) {
      const key = etcdKey.subarray(skip);
      if (key.length === 0 || key.length > maxKeyBytes || key.includes(0) || !isUtf8(key)) return undefined;
      return key.toString();
    },
  };
}

function placeOf(prefix: string): Place {
  const range = rangeOf(prefix);
  return {
    ...range,
    keyOf: (id) => Buffer.from(prefix + id),
    idOf: (etcdKey) => (within(range, etcdKey) ? etcdKey.subarray(range.start.length).toString() : undefined),
  };
}

/** Is the etcd key one of the users' range? */
export function within({ start, end }: Range, etcdKey: Buffer): boolean {
  return Buffer.compare(etcdKey, start) >= 0 && Buffer.compare(etcdKey, end) < 0;
}

/** All keys with the prefix: up to the prefix with its last byte one higher (0xff never occurs in UTF-8). */
function rangeOf(prefix: string): Range {
  const start = Buffer.from(prefix);
  const end = Buffer.from(start);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return { start, end };
}

/** The value as text, or undefined when it is not JSON: only something else than this service puts such a value. */
export function decodeValue(value: Buffer): string | undefined {
  if (!isUtf8(value)) return undefined;
  const text = value.toString();
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}
