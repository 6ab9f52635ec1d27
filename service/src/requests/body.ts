/** Reads the body of a write, up to a limit. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@kvstore/core/problem.ts';
import type { ByteBudget, HeldBytes } from '../server/byte-budget.ts';
import type { GatheringRequest } from '../server/gathering-request.ts';
import type { Spans } from '../store/spans.ts';
import { bodyTooLarge, compressionOf, type Decompress, decompressor } from './decompress.ts';
import { GatheredBytes } from './gathered-bytes.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body of so many bytes is not counted when it comes in one piece: the requests themselves are bounded. */
const smallBody = 4096;

/**
 * Pieces of a body (chunks, or what the system brings at once), and how many bytes allow for one more. Each is an object
 * of a kilobyte for a moment, and a client could send a mebibyte in a million of them.
 */
const fewPieces = 4096;
const bytesPerPiece = 16;

/**
 * Resolves with the decompressed bytes, whatever Content-Type says (`curl -d` names a form). Of a body that ends early
 * nothing more is done: the server answers what is no whole request (server/refuse.ts), or the client has left.
 * Rejects with Problem `body-too-large`, `invalid-body`, `unsupported-encoding` or `overloaded`.
 */
export type ReadBody = (request: BodyRequest, response: ServerResponse) => Promise<Buffer>;

/** Requests of the server count the small pieces that their body comes in (server/gathering-request.ts). */
type BodyRequest = IncomingMessage & Partial<Pick<GatheringRequest, 'smallPieces' | 'bytesOfBody'>>;

export interface BodyOptions {
  /** Bytes of a body, decompressed. */
  readonly maxBytes: number;
  /** What all bodies may hold together. */
  readonly budget: ByteBudget;
  /** What is done when the bytes come belongs to the request's trace. */
  readonly spans: Spans;
}

export function bodyReader(options: BodyOptions): ReadBody {
  const { maxBytes } = options;
  const decompress = decompressor(maxBytes);
  return (request, response) => {
    const { headers } = request;
    const length = Number(headers['content-length'] ?? 0);
    if (length > maxBytes) return Promise.reject(bodyTooLarge(maxBytes, String(length)));
    // Of a request without a body the stream never tells that it has ended.
    if (length === 0 && headers['transfer-encoding'] === undefined) return Promise.resolve(noBytes);
    return isPlain(headers)
      ? readPlain(request, response, length, options)
      : readEncoded(request, response, decompress, options);
  };
}

/** Throws Problem `invalid-body` when it is not UTF-8. */
export function decodeBody(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new Problem('invalid-body', 'The body is not UTF-8.', { cause });
  }
}

const noBytes = Buffer.alloc(0);

function isPlain(headers: IncomingMessage['headers']): boolean {
  const encoding = headers['content-encoding'];
  return headers['transfer-encoding'] === undefined && (encoding === undefined || encoding === 'identity');
}

/** A body as it is, of known length, which most often comes in one piece. */
function readPlain(
  request: BodyRequest,
  response: ServerResponse,
  length: number,
  { budget, spans }: BodyOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let body: ArrivingBody | undefined;
    const read = (chunk: Buffer) => {
      if (body === undefined && chunk.length === length) {
        if (length <= smallBody || holdWhole(budget, length, response)) resolve(chunk);
        else reject(noRoom());
        return;
      }
      body ??= new ArrivingBody({ request, budget, most: length, response, fail: reject });
      if (body.add(chunk) && body.length === length) resolve(body.take());
    };
    // Events come in the context of the connection, not in that of the request.
    request.on('data', spans.bind(read));
  });
}

/** A body whose length shows at its end. Nothing is decompressed before all of it is there. */
async function readEncoded(
  request: BodyRequest,
  response: ServerResponse,
  decompress: Decompress,
  { maxBytes, budget, spans }: BodyOptions,
): Promise<Buffer> {
  const compression = compressionOf(request.headers['content-encoding']);
  const body = await new Promise<ArrivingBody>((resolve, reject) => {
    const arriving = new ArrivingBody({ request, budget, most: maxBytes, response, fail: reject });
    request.on(
      'data',
      spans.bind((chunk: Buffer) => void arriving.add(chunk)),
    );
    request.on(
      'end',
      spans.bind(() => {
        if (request.complete) resolve(arriving);
      }),
    );
  });
  const bytes = body.take();
  if (compression === undefined || bytes.length === 0) return bytes;
  // It counts as the largest body: how large it is shows when it is decompressed.
  if (!body.grow(maxBytes)) throw noRoom();
  return decompress(bytes, compression);
}

interface ArrivingOptions {
  readonly request: BodyRequest;
  readonly budget: ByteBudget;
  /** Bytes. */
  readonly most: number;
  /** What the body holds is given back when it closes. */
  readonly response: ServerResponse;
  readonly fail: (problem: Problem) => void;
}

class ArrivingBody {
  readonly #gathered = new GatheredBytes();
  readonly #held: HeldBytes;
  readonly #request: BodyRequest;
  readonly #response: ServerResponse;
  readonly #most: number;
  readonly #fail: (problem: Problem) => void;
  #failed = false;

  constructor({ request, budget, most, response, fail }: ArrivingOptions) {
    this.#request = request;
    this.#response = response;
    this.#most = most;
    this.#fail = fail;
    this.#held = budget.begin(() => this.#end(noRoom()));
    response.once('close', () => this.#held.release());
  }

  get length(): number {
    return this.#gathered.length;
  }

  /** False: it has failed. */
  add(piece: Buffer): boolean {
    if (this.#failed) return false;
    const length = this.length + piece.length;
    // Of what has arrived, which may be more than what was read: it counts as it comes.
    const { smallPieces = 0, bytesOfBody = length } = this.#request;
    if (smallPieces > fewPieces + bytesOfBody / bytesPerPiece) {
      // The rest is not worth reading.
      this.#response.shouldKeepAlive = false;
      const message = `The body comes in ${smallPieces} pieces of less than ${bytesPerPiece} bytes.`;
      return this.#end(new Problem('invalid-body', message));
    }
    if (length > this.#most) return this.#end(bodyTooLarge(this.#most, `${length} or more`));
    const growth = this.#gathered.growth(piece);
    if (growth > 0 && !this.#held.grow(growth)) return this.#end(noRoom());
    this.#gathered.add(piece);
    return true;
  }

  /** What is decompressed from it counts as well. False: there is no room. */
  grow(bytes: number): boolean {
    return this.#held.grow(bytes);
  }

  /** All of it is there. */
  take(): Buffer {
    this.#held.settle();
    return this.#gathered.bytes();
  }

  #end(problem: Problem): false {
    this.#failed = true;
    this.#held.release();
    this.#gathered.clear();
    this.#fail(problem);
    return false;
  }
}

/** False: there is no room. */
function holdWhole(budget: ByteBudget, length: number, response: ServerResponse): boolean {
  const held = budget.hold(length);
  if (held === undefined) return false;
  response.once('close', () => held.release());
  return true;
}

function noRoom(): Problem {
  const headers = { 'Retry-After': '1' };
  return new Problem('overloaded', 'Too many bytes of bodies have arrived that are not answered yet.', { headers });
}
