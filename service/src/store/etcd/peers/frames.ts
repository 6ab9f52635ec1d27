/**
 * The frames between replicas (docs/adr/0290-reads-by-lease.md, "Messages between replicas"): a length (2 bytes), a type
 * (1 byte) and a body, numbers with their highest byte first. The length counts the type and the body.
 */

/** The version that a hello names. A connection to another version is ended. */
export const peerProtocol = 1;

/** Bytes of a frame, its length included. */
export const frameLimit = 256;

const lengthBytes = 2;
const types = { hello: 1, received: 2, alive: 3 } as const;

export type Frame =
  | { readonly type: 'hello'; readonly timeline: string; readonly id: string; readonly received: number }
  | { readonly type: 'received'; readonly received: number }
  | { readonly type: 'alive' };

/** The other side sent what the protocol does not have: the connection has to end. */
export class PeerProtocolError extends Error {}

/** A reader's first frame. Throws RangeError when the names are too long for a frame. */
export function helloFrame({ timeline, id, received }: { timeline: string; id: string; received: number }): Buffer {
  const body = Buffer.concat([Buffer.from([peerProtocol]), revisionBytes(received), text(timeline), text(id)]);
  return frame(types.hello, body);
}

/** The newest revision that a reader has received. */
export function receivedFrame(received: number): Buffer {
  return frame(types.received, revisionBytes(received));
}

export const aliveFrame = frame(types.alive, Buffer.alloc(0));

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. Throws PeerProtocolError for what is no frame; then the stream is of no more use. */
  read(chunk: Buffer): Frame[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (bytes.length >= lengthBytes) {
      const end = lengthBytes + bytes.readUInt16BE(0);
      if (end > frameLimit) throw new PeerProtocolError(`a frame of ${end} bytes`);
      if (bytes.length < end) break;
      frames.push(decode(bytes.subarray(lengthBytes, end)));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return frames;
  }
}

function decode(bytes: Buffer): Frame {
  const type = bytes[0];
  const body = bytes.subarray(1);
  if (type === types.received && body.length === 8) return { type: 'received', received: revisionOf(body) };
  if (type === types.alive && body.length === 0) return { type: 'alive' };
  if (type === types.hello) return decodeHello(body);
  throw new PeerProtocolError(`a frame of type ${type} with a body of ${body.length} bytes`);
}

function decodeHello(body: Buffer): Frame {
  // The version comes first, so that a later protocol may change the rest.
  if (body[0] !== peerProtocol) throw new PeerProtocolError(`protocol ${body[0]}, here it is ${peerProtocol}`);
  if (body.length < 9) throw new PeerProtocolError('a hello that is too short');
  const [timeline, rest] = takeText(body.subarray(9));
  const [id, after] = takeText(rest);
  if (after.length > 0) throw new PeerProtocolError('a hello that is too long');
  return { type: 'hello', timeline, id, received: revisionOf(body.subarray(1, 9)) };
}

function frame(type: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(lengthBytes + 1 + body.length);
  if (bytes.length > frameLimit) throw new RangeError(`A frame has at most ${frameLimit} bytes.`);
  bytes.writeUInt16BE(1 + body.length, 0);
  bytes[lengthBytes] = type;
  body.copy(bytes, lengthBytes + 1);
  return bytes;
}

function revisionBytes(revision: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(revision));
  return bytes;
}

function revisionOf(bytes: Buffer): number {
  const revision = Number(bytes.readBigUInt64BE(0));
  if (!Number.isSafeInteger(revision)) throw new PeerProtocolError('a revision that etcd cannot have');
  return revision;
}

/** A length of one byte, then so many bytes of UTF-8. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > 255) throw new RangeError('A name in a frame has at most 255 bytes.');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function takeText(bytes: Buffer): [string, Buffer] {
  const end = 1 + (bytes[0] ?? frameLimit);
  if (bytes.length < end) throw new PeerProtocolError('a hello that is too short');
  return [bytes.toString('utf8', 1, end), bytes.subarray(end)];
}
