/** Requests to one store. Never follows a redirect: the token is for the URL that the user gave, and for no other. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Agent } from 'node:https';
import { text } from 'node:stream/consumers';
import type { SecureContextOptions } from 'node:tls';
import { type NodeHttp, nodeHttp } from '@kvstore/core/node-http.ts';
import { type RetryOptions, withRetries } from './retry.ts';
import { ConnectionError, NotAKvStoreError, OtherStoreError } from './server-error.ts';
import type { Shape } from './shapes.ts';
import { acceptOf, brokenBody, errorOf, type Form, isOurs, isUnchanged } from './trust.ts';

export interface ClientOptions extends RetryOptions {
  /** Of the store; a path in it goes before every call's. */
  readonly url: URL;
  /** Read anew for each request, so that a token can be changed meanwhile. */
  readonly token: () => string | undefined;
  /** Authority and client certificate for https, read anew as the token is. */
  readonly tls: () => SecureContextOptions;
  /** The store that every call is meant for, as its answers name it; undefined: any. */
  readonly identity?: string | undefined;
  /** Milliseconds in which something must arrive, or the connection is given up. */
  readonly idleTimeout: number;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  /** Path and query, escaped as they are to be sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the answer is, if it succeeds. Default: JSON. */
  readonly form?: Form;
  /** What its JSON looks like, each line of it where it has lines; any other is not this API's. Default: anything. */
  readonly shape?: Shape;
  /** The version that is known, which may be the present one still: then nothing comes. Default: it is an answer that is none. */
  readonly newerThan?: string | undefined;
  /** Whether it may happen twice. Default: only when it is a GET. */
  readonly repeatable?: boolean;
}

export interface Answer {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The version that is known is the present one; the body is empty. */
  readonly isUnchanged?: true;
}

export class Client {
  readonly options: ClientOptions;
  readonly #http: NodeHttp;
  readonly #agent: Agent;
  readonly #base: string;

  constructor(options: ClientOptions) {
    this.options = options;
    this.#base = options.url.pathname.replace(/\/$/, '');
    this.#http = nodeHttp(options.url.protocol);
    this.#agent = new this.#http.Agent({ keepAlive: true });
  }

  /**
   * The whole answer of a call, which is JSON or a few lines of it, tried again while the error may pass.
   * @throws ServerError, ConnectionError, OtherStoreError, NotAKvStoreError
   */
  async send(call: Call): Promise<Answer> {
    const { repeatable = call.method === 'GET' } = call;
    return await withRetries(() => this.sendOnce(call), { repeatable }, this.options);
  }

  /** One try of such a call. */
  async sendOnce(call: Call): Promise<Answer> {
    const { url } = this.options;
    // `POST /get` is the one POST that reads, and has lines.
    const isWrite = call.method === 'POST' && call.form !== 'lines';
    const response = await this.open(call).catch((error: unknown) => {
      if (!isWrite || !(error instanceof ConnectionError) || error.neverSent) throw error;
      throw new ConnectionError(url.href, error.cause, 'whether the store has done the write is unknown');
    });
    const body = await this.#bodyOf(response, isWrite ? 'the store has done the write' : undefined);
    if (response.statusCode === 304) return { headers: response.headers, body, isUnchanged: true };
    try {
      checkBody(body, call);
    } catch (cause) {
      throw brokenBody(url.href, response, body, cause);
    }
    return { headers: response.headers, body };
  }

  /** @param consequence what a body that is cut means */
  async #bodyOf(response: IncomingMessage, consequence: string | undefined): Promise<string> {
    let received = 0;
    const pieces = this.pieces(response);
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of pieces) {
        received += piece.length;
        yield piece;
      }
    };
    try {
      return await text(counted());
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      const { 'content-length': length } = response.headers;
      const why = error.cause instanceof Error ? ` (${error.cause.message})` : '';
      const cut = `the answer ends after ${received}${length === undefined ? '' : ` of ${length}`} bytes${why}`;
      throw new ConnectionError(this.options.url.href, new Error(cut, { cause: error }), consequence);
    }
  }

  /**
   * A successful answer whose body is still to be read; one try. Ended early, it fails like any stream.
   * @throws ServerError, ConnectionError, OtherStoreError, NotAKvStoreError
   */
  async open({ method, target, headers, body, form = 'json', newerThan }: Call): Promise<IncomingMessage> {
    const { url, token, tls, signal, idleTimeout, clock, identity } = this.options;
    const bearer = token();
    const options: RequestOptions = {
      ...tls(),
      method,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      path: `${this.#base}${target}`,
      agent: this.#agent,
      signal,
      headers: {
        ...acceptOf(form),
        ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
        ...(identity === undefined ? {} : { 'KvStore-Identity': identity }),
        ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
        ...(newerThan === undefined ? {} : { 'If-None-Match': `"${newerThan}"` }),
        ...headers,
      },
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = this.#http.request(options, (answer) => {
        answered = answer;
        // Its reader gets the error as well. Without a reader, at the moment, it must not end the process.
        answer.on('error', () => {});
        resolve(answer);
      });
      let answered: IncomingMessage | undefined;
      request.setTimeout(idleTimeout, () => {
        // A watch gives its connection less time.
        const silence = request.socket?.timeout ?? idleTimeout;
        (answered ?? request).destroy(new Error(`nothing arrived for ${silence / 1000} s`));
      });
      request.on('error', reject);
      request.end(body);
    }).catch((cause: unknown) => {
      throw this.failure(cause);
    });
    const status = response.statusCode ?? 0;
    const found = response.headers['kvstore-identity'];
    if (identity !== undefined && found !== identity) {
      response.destroy();
      throw new OtherStoreError(url.href, identity, status, found === undefined ? undefined : String(found));
    }
    if (isOurs(response, form) || (newerThan !== undefined && isUnchanged(response, newerThan))) return response;
    const error = await errorOf(response, url.href, clock.now());
    response.destroy();
    throw signal.aborted ? signal.reason : error;
  }

  /**
   * What arrives of an answer. Only errors of the connection become those below: what its reader throws stays as it is.
   * @throws ConnectionError, NotAKvStoreError, or the reason of the interruption
   */
  async *pieces(response: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      yield* response as AsyncIterable<Buffer>;
    } catch (cause) {
      throw this.failure(cause);
    }
  }

  /** The error of a connection; an interruption stays one. */
  failure(cause: unknown): unknown {
    const { signal, url } = this.options;
    if (signal.aborted) return signal.reason;
    const code = String((cause as NodeJS.ErrnoException | undefined)?.code);
    if (code.startsWith('HPE_')) return new NotAKvStoreError(url.href, 'what it answers is no HTTP', cause);
    if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
      return new NotAKvStoreError(url.href, 'it does not speak TLS. Try http:// in place of https://', cause);
    }
    return new ConnectionError(url.href, cause);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The cheapest proof that nothing is missing. Throws for a body that is not JSON where it should be, or of another shape. */
function checkBody(body: string, { form = 'json', shape = () => true }: Call): void {
  if (form === 'metrics') return;
  const texts = form === 'lines' ? body.split('\n').filter((line) => line !== '') : [body];
  if (!texts.every((each) => shape(JSON.parse(each)))) throw new Error('another shape');
}

/** A path with a query; parameters that are undefined are left out. */
export function withQuery(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
