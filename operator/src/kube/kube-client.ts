/**
 * Calls of the API server, as JSON in and out. The typed API classes are not used: they drop fields they do not know
 * and turn times into Dates, which a watch does not, and they have neither deadlines nor shared connections.
 */
import {
  type HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
  type ResponseContext,
} from '@kubernetes/client-node';
import { hasStatus, KubeError } from './kube-error.ts';
import { readLines } from './read-lines.ts';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Default: the client's own. */
  readonly deadlineMs?: number;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

export interface KubeClientOptions {
  readonly kubeConfig: KubeConfig;
  /** Milliseconds for a whole call, and for a watch to begin. */
  readonly deadlineMs: number;
  /** Ends every call once it is aborted. */
  readonly signal?: AbortSignal;
  /** Called for every answer, and of every failure to get one (code "<error>"). */
  readonly onAnswer?: (method: string, code: string) => void;
}

export class KubeClient {
  readonly #options: KubeClientOptions;
  readonly #http = new IsomorphicFetchHttpLibrary();

  constructor(options: KubeClientOptions) {
    this.#options = options;
  }

  /**
   * One call, with a deadline.
   * @throws KubeError for an answer other than 2xx; the transport's error otherwise (a change may then have happened).
   */
  async request<T>(method: HttpMethod, path: string, options: RequestOptions = {}): Promise<T> {
    const deadline = AbortSignal.timeout(options.deadlineMs ?? this.#options.deadlineMs);
    const signals = [deadline, options.signal, this.#options.signal].filter((signal) => signal !== undefined);
    const signal = AbortSignal.any(signals);
    const response = await this.#send(method, path, options, signal);
    const text = await response.body.text();
    if (response.httpStatusCode >= 300) throw KubeError.fromBody(response.httpStatusCode, `${method} ${path}`, text);
    return JSON.parse(text) as T;
  }

  /** One object, or undefined when there is none. */
  async find<T>(path: string, options: RequestOptions = {}): Promise<T | undefined> {
    try {
      return await this.request<T>('GET', path, options);
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /**
   * The events of a watch until the server ends it. Ends by an error when nothing at all, not even a bookmark, came
   * for silenceMs.
   * @throws KubeError when the server refuses the watch; the transport's error when it breaks.
   */
  async *watch(
    path: string,
    query: Readonly<Record<string, string>>,
    silenceMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const silence = new AbortController();
    const complain = (): void => silence.abort(new Error(`watch of ${path} was silent for too long`));
    let timer = setTimeout(complain, this.#options.deadlineMs).unref();
    const stay = (): void => {
      clearTimeout(timer);
      timer = setTimeout(complain, silenceMs).unref();
    };
    const ended = AbortSignal.any([signal, silence.signal]);
    try {
      const response = await this.#send('GET', path, { query: { ...query, watch: 'true' } }, ended);
      if (response.httpStatusCode !== 200) {
        throw KubeError.fromBody(response.httpStatusCode, `watch ${path}`, await response.body.text());
      }
      stay();
      const stream = response.body.stream();
      if (stream === null) return;
      for await (const line of readLines(stream, stay)) yield JSON.parse(line) as WatchEvent;
    } finally {
      clearTimeout(timer);
      silence.abort(new Error('the watch is over'));
    }
  }

  async #send(
    method: HttpMethod,
    path: string,
    options: RequestOptions,
    signal: AbortSignal,
  ): Promise<ResponseContext> {
    const { kubeConfig, onAnswer } = this.#options;
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no current cluster');
    const context = new RequestContext(`${cluster.server}${path}`, method);
    for (const [name, value] of Object.entries(options.query ?? {})) context.setQueryParam(name, value);
    context.setHeaderParam('Accept', options.accept ?? 'application/json');
    context.setHeaderParam('User-Agent', 'kvstore-operator');
    if (options.body !== undefined) {
      context.setHeaderParam('Content-Type', options.contentType ?? 'application/json');
      context.setBody(JSON.stringify(options.body));
    }
    context.setSignal(signal);
    await kubeConfig.applySecurityAuthentication(context);
    try {
      const response = await this.#http.send(context).toPromise();
      onAnswer?.(method, String(response.httpStatusCode));
      return response;
    } catch (error) {
      onAnswer?.(method, '<error>');
      throw new Error(`${method} ${path}: no answer`, { cause: error });
    }
  }
}
