/** The bytes of one request's body and answer, as they pass: at most what was really sent and received. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The listener makes no other ones (GatheringRequest). */
interface Receiving extends IncomingMessage {
  /** Bytes of the body that have come. */
  readonly received: number;
}

export class Transfer {
  readonly #request: Receiving;
  readonly #socket: Socket;
  /** What the client says of its body; Infinity: nothing. */
  readonly #announced: number;
  /** Bytes written of the socket that are counted. */
  #written: number;
  /** Bytes of the body that are counted. */
  #received = 0;
  /** Bytes read of the socket when the answer was out; undefined: it is not. */
  #readBefore: number | undefined = undefined;
  /** The answer is out, and the body has come or will not come. */
  #isOver = false;

  /**
   * Call it when the request's turn on its connection has come: requests of a connection are served one after the other
   * (oneAtATime), so what the socket writes from here to the end of the answer is this answer.
   * @param count gets bytes that `take` has not had, and true with the last ones
   */
  constructor(response: ServerResponse, count: (bytes: number, isOver: boolean) => void) {
    const request = response.req as Receiving;
    this.#request = request;
    this.#socket = request.socket;
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    this.#announced = length === undefined || coding !== undefined ? Number.POSITIVE_INFINITY : Number(length);
    this.#written = this.#socket.bytesWritten;
    const stop = () => {
      if (this.#readBefore !== undefined) return;
      const bytes = this.take();
      this.#readBefore = this.#socket.bytesRead;
      this.#isOver = request.complete || request.closed;
      count(bytes, this.#isOver);
    };
    // In front of Node's own listener, which begins the next answer of the connection.
    response.prependOnceListener('finish', stop);
    response.once('close', stop);
    request.once('close', () => {
      if (this.#isOver) return;
      const bytes = this.take();
      this.#isOver = this.#readBefore !== undefined;
      count(bytes, this.#isOver);
    });
  }

  /** Bytes since the last call, in both directions. */
  take(): number {
    const isOut = this.#readBefore !== undefined;
    const written = isOut ? this.#written : this.#socket.bytesWritten;
    const received = this.#bodyBytes();
    const bytes = written - this.#written + received - this.#received;
    this.#written = written;
    this.#received = received;
    return bytes;
  }

  /** When the answer is out, Node throws the rest of the body away before the request sees it: the socket has its length. */
  #bodyBytes(): number {
    const rest = this.#readBefore === undefined ? 0 : this.#socket.bytesRead - this.#readBefore;
    return Math.min(this.#announced, this.#request.received + rest);
  }
}
