/** A request as it came: what the layers of the application and the parsers of the operations read. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Token } from '../auth/tokens.ts';
import { isLargeRead } from '../flow-control/connection-marks.ts';
import { exchangeOf } from '../telemetry/exchange.ts';
import { splitTarget, type Target } from './target.ts';

/** The client of a request that takes long. */
export interface Caller {
  /** Whether it has left: long work for it ends. */
  isGone(): boolean;
  /** Calls back when it leaves, or has its answer. */
  onGone(call: () => void): void;
  /** Nothing is done for it until the result is called: that time is not a part of the request's duration. */
  idle(): () => void;
}

export class RawRequest implements Caller {
  readonly method: string;
  readonly target: Target;
  readonly headers: IncomingHttpHeaders;
  /** The token that lets the request in; undefined where none is needed. */
  token: Token | undefined = undefined;
  /** The whole body of a write; empty for reads. */
  body: Buffer = noBody;
  /** Whether the route that matched changes something. */
  isWrite = false;
  /** What a write is about, once that is known: its key, or how many keys. */
  subject: string | number | undefined = undefined;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? 'GET';
    this.target = splitTarget(request.url ?? '/');
    this.headers = request.headers;
    this.#response = response;
  }

  isGone(): boolean {
    return this.#response.destroyed;
  }

  /** Whether the answer to this read of one key is probably large. */
  isLargeRead(): boolean {
    const { socket, req } = this.#response;
    return socket !== null && isLargeRead(socket, req.url ?? '');
  }

  onGone(call: () => void): void {
    this.#response.once('close', call);
  }

  idle(): () => void {
    const exchange = exchangeOf(this.#response);
    exchange?.pause();
    return () => exchange?.resume();
  }
}

export const noBody = Buffer.alloc(0);
