/** A request as it came, once it has been let through: what the parsers of the operations read. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Token } from '../auth/tokens.ts';
import type { Target } from './target.ts';

export class RawRequest {
  readonly method: string;
  readonly target: Target;
  readonly headers: IncomingHttpHeaders;
  /** Undefined where no token is needed. */
  readonly token: Token | undefined;
  /** The whole body of a write; empty for reads. */
  body: Buffer = noBody;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, target: Target, token: Token | undefined) {
    this.method = request.method ?? 'GET';
    this.target = target;
    this.headers = request.headers;
    this.token = token;
    this.#response = response;
  }

  /** Whether the client has left: long work for it ends. */
  isGone(): boolean {
    return this.#response.destroyed;
  }
}

const noBody = Buffer.alloc(0);
