/**
 * A request that gathers its body by itself, from the first byte on: while it waits for its turn, too, and whether it is
 * read or not. The parser hands on each chunk as an object of a kilobyte, and does not stop for a reader that is not there
 * yet: 20 clients that send mebibytes in chunks of a byte would fill a heap of 256 MiB.
 */
import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Problem } from '@kvstore/core/problem.ts';
import type { HeldBytes } from '../../flow-control/byte-budget.ts';
import { resetConnection } from '../../flow-control/reset-connection.ts';
import { ArrivingBody, type BodyLimits, smallPiece } from './arriving-body.ts';

/** A body of so many bytes is not counted when it comes in one piece: the requests themselves are bounded. */
const smallBody = 4096;

/** Bytes that come before somebody reads them; more wait at the client. */
const mostUnread = 64 * 1024;

/** Bytes of an answer that is not counted: the system takes that much of nearly every answer at once. */
const smallAnswer = 16 * 1024;

/** Small pieces of a body, from which on its connection is read in portions. */
const manyPieces = 256;

export class GatheringRequest extends IncomingMessage {
  /** True: the client was not told to send the body that it announced (Expect: 100-continue), so none comes. */
  isWithoutBody = false;
  /** What the body holds is given back when it closes. */
  response: ServerResponse | undefined = undefined;
  /** Bytes of the body that have come, kept or thrown away, until the answer is out. */
  received = 0;
  readonly #limits: BodyLimits;
  /** A small body that came at once. */
  #whole: Buffer | undefined = undefined;
  #arriving: ArrivingBody | undefined = undefined;
  /** What was made from the body. */
  #made: HeldBytes | undefined = undefined;
  #problem: Problem | undefined = undefined;
  #reader: PromiseWithResolvers<Buffer> | undefined = undefined;
  #smallPieces = 0;
  /** No more comes until somebody reads it. */
  #isStopped = false;
  /** No more comes until it is its turn. */
  #waitsForTurn = false;
  /** What still comes is thrown away. */
  #isDropped = false;

  constructor(socket: Socket, limits: BodyLimits) {
    super(socket);
    this.#limits = limits;
  }

  /**
   * Resolves with the body as it came, when all of it is there; to be called once. Never settles when the client leaves.
   * Rejects with Problem `body-too-large`, `invalid-body` or `overloaded`.
   */
  body(): Promise<Buffer> {
    if (this.#problem !== undefined) return Promise.reject(this.#problem);
    if (this.complete) return Promise.resolve(this.#take());
    this.#reader = Promise.withResolvers();
    if (this.#isStopped) {
      this.#isStopped = false;
      if (!this.#waitsForTurn) this.#goOn();
    }
    return this.#reader.promise;
  }

  /** The client has left, or has its answer. */
  get isClosed(): boolean {
    return this.response?.destroyed === true;
  }

  /** Room for what is made from the body, until the response closes. Undefined: there is none. */
  hold(bytes: number): HeldBytes | undefined {
    const held = this.#limits.budget.hold(bytes);
    if (held !== undefined) this.response?.once('close', () => held.release());
    this.#made = held;
    return held;
  }

  /** The bytes that came are not needed any more. */
  releaseBody(): void {
    this.#arriving?.release();
  }

  /**
   * The answer is there, so neither the body nor what was made from it is needed any more. So many bytes of the answer, as many as
   * the body held at the most, count in its place until the client has taken it, and make room for others: clients that take their
   * answers slowly keep no body from arriving.
   */
  answered(bytes: number): void {
    const { budget } = this.#limits;
    const counted = Math.min(bytes, (this.#arriving?.held ?? 0) + (this.#made?.bytes ?? 0));
    this.#arriving?.release();
    this.#made?.release();
    if (counted <= smallAnswer || this.isClosed) return;
    const held = budget.begin(() => resetConnection(this.socket));
    // The body has just left the room for it.
    held.grow(counted);
    this.response?.once('close', () => held.release());
  }

  /** Called by the parser; null: all of it has come. False: no more for now. */
  override push(piece: Buffer | null): boolean {
    if (piece === null) {
      this.#reader?.resolve(this.#take());
      this.#reader = undefined;
      return super.push(null);
    }
    this.received += piece.length;
    if (piece.length < smallPiece && ++this.#smallPieces === manyPieces) this.#limits.portions?.greedy(this.socket);
    const hasTurn = this.#hasTurn(piece);
    if (this.#isDropped) return hasTurn;
    if (this.#arriving === undefined && piece.length <= smallBody && this.#isWhole(piece)) {
      this.#whole = piece;
      return hasTurn;
    }
    const arriving = this.#gathering();
    arriving.add(piece);
    this.#isStopped = !this.#isDropped && this.#reader === undefined && arriving.length >= mostUnread;
    return hasTurn && !this.#isStopped;
  }

  #hasTurn({ length }: Buffer): boolean {
    const { turns } = this.#limits;
    if (this.#waitsForTurn) return false;
    // Small bodies are most of all requests, and take next to nothing.
    if (turns === undefined || length <= smallBody || turns.take(length)) return true;
    this.#waitsForTurn = true;
    turns.wait(() => {
      this.#waitsForTurn = false;
      // When all of it has come, the connection is up to the next request.
      if (!this.#isStopped && !this.complete) this.#goOn();
    });
    return false;
  }

  /** As `_read`, which also notes that a reader takes the body to its end: then Node throws none of it away when the answer is out. */
  #goOn(): void {
    const socket = this.socket as Socket & { readonly _paused?: boolean };
    if (socket._paused !== true && socket.readable) socket.resume();
  }

  /** Node's way to throw the rest away. With its own one, the parser would not ask whether it is the body's turn. */
  _dump(): void {
    // A request without a body has nothing to throw away.
    if (!this.complete) this.resume();
  }

  /** No reader needs the rest. Node does this as well, when the request is answered. */
  override resume(): this {
    this.#isDropped = true;
    this.#isStopped = false;
    this.#arriving?.release();
    return super.resume();
  }

  #isWhole({ length }: Buffer): boolean {
    const { 'content-length': announced, 'transfer-encoding': coding } = this.headers;
    return coding === undefined && Number(announced) === length;
  }

  #gathering(): ArrivingBody {
    if (this.#arriving !== undefined) return this.#arriving;
    const arriving = new ArrivingBody(this.#limits, (problem) => this.#fail(problem));
    this.#arriving = arriving;
    this.response?.once('close', () => arriving.release());
    return arriving;
  }

  #fail(problem: Problem): void {
    this.#problem = problem;
    this.#isDropped = true;
    // What comes in pieces without number is not worth reading to its end: no parser sees the rest.
    if (problem.code === 'invalid-body') {
      if (this.response !== undefined) this.response.shouldKeepAlive = false;
      this.#limits.portions?.discard(this.socket);
    }
    this.#reader?.reject(problem);
  }

  /** Not kept here: a write that waits for the disk holds its pairs, not the body as well. */
  #take(): Buffer {
    const bytes = this.#whole ?? this.#arriving?.take() ?? noBytes;
    this.#whole = undefined;
    return bytes;
  }
}

const noBytes = Buffer.alloc(0);

/** What node:http makes of each request. */
export function gatheringRequests(limits: BodyLimits): typeof IncomingMessage {
  return class extends GatheringRequest {
    constructor(socket: Socket) {
      super(socket, limits);
    }
  };
}
