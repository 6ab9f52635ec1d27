/** Requests to one store. A key's path is sent as it is: URL would take `..` for a step upwards. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { SecureContextOptions } from 'node:tls';
import { parseRetryAfter, type RetryOptions, withRetries } from './retry.ts';
import { ConnectionError, OtherStoreError, ServerError } from './server-error.ts';

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
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, escaped as they are to be sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether it may happen twice. Default: only when it is a GET. */
  readonly repeatable?: boolean;
}

export interface Answer {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export class Client {
  readonly options: ClientOptions;
  readonly #agent: HttpAgent;
  readonly #base: string;

  constructor(options: ClientOptions) {
    this.options = options;
    this.#base = options.url.pathname.replace(/\/$/, '');
    this.#agent =
      options.url.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  /**
   * The whole answer of a call, tried again while the error may pass.
   * @throws ServerError, ConnectionError, OtherStoreError
   */
  async send(call: Call): Promise<Answer> {
    const { repeatable = call.method === 'GET' } = call;
    return await withRetries(() => this.#sendOnce(call), { repeatable }, this.options);
  }

  async #sendOnce(call: Call): Promise<Answer> {
    const response = await this.open(call);
    return { headers: response.headers, body: await this.#read(response) };
  }

  /**
   * A successful answer whose body is still to be read; one try. Ended early, it fails like any stream.
   * @throws ServerError, ConnectionError, OtherStoreError
   */
  async open({ method, target, headers, body }: Call): Promise<IncomingMessage> {
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
        ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
        ...(identity === undefined ? {} : { 'KvStore-Identity': identity }),
        ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve);
      request.setTimeout(idleTimeout, () => request.destroy(new Error(`nothing arrived for ${idleTimeout / 1000} s`)));
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
    if (status >= 200 && status < 300) return response;
    const retryAfter = parseRetryAfter(response.headers['retry-after'], clock.now());
    throw new ServerError(status, await this.#read(response), retryAfter);
  }

  /** The error of a connection; an interruption stays one. */
  failure(cause: unknown): unknown {
    if (this.options.signal.aborted) return this.options.signal.reason;
    return new ConnectionError(this.options.url.href, cause);
  }

  async #read(response: IncomingMessage): Promise<string> {
    try {
      return await text(response);
    } catch (cause) {
      throw this.failure(cause);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** `GET /get/{key}` and the like: the rest of the path is the key. */
export function keyPath(key: string): string {
  return `/get/${encodeURIComponent(key)}`;
}

/** A path with a query; parameters that are undefined are left out. */
export function withQuery(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
