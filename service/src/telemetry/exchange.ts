/**
 * One request and its answer, as metrics and traces know them. One clock: it starts when the request's head has been
 * parsed, before admission, and stops when the answer is done or the connection is gone, whichever way the request took.
 * It stands still while the request waits for what others do. The request's span ends with it.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { type HttpMetrics, knownMethod } from './http-metrics.ts';
import type { RecordedSpan } from './tracing/recorded-span.ts';

/** nginx's status for a client that left before its answer was complete. */
export const clientClosedRequest = 499;

const exchange = Symbol('exchange');

interface Observed extends ServerResponse {
  [exchange]?: Exchange;
}

export class Exchange {
  /** The template that matched, such as `/get/{key}`; empty: none did. */
  route = '';
  /** How it ended, when that is not what the response says. */
  status: number | undefined = undefined;
  /** The request's span, when it is sampled. */
  span: RecordedSpan | undefined = undefined;
  readonly #metrics: HttpMetrics;
  readonly #method: string | undefined;
  readonly #start = performance.now();
  /** Milliseconds of pauses that are over. */
  #paused = 0;
  /** When the pause began; undefined: there is none. */
  #pausedAt: number | undefined = undefined;
  /** When it ended; undefined: it goes on. */
  #endedAt: number | undefined = undefined;

  constructor(metrics: HttpMetrics, method: string | undefined) {
    this.#metrics = metrics;
    this.#method = method;
    metrics.started();
  }

  /** How long it took, or has taken so far. */
  get seconds(): number {
    return ((this.#endedAt ?? this.#pausedAt ?? performance.now()) - this.#start - this.#paused) / 1000;
  }

  /** Until `resume`, the request is not being served: it waits for something that may happen in a minute, or never. */
  pause(): void {
    if (this.#endedAt !== undefined || this.#pausedAt !== undefined) return;
    this.#pausedAt = performance.now();
    this.#metrics.paused();
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#paused += performance.now() - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#metrics.started();
  }

  /** Counts the request, once, and ends its span. What goes on by itself, such as a watch, ends when it has begun. */
  end(response: ServerResponse): void {
    if (this.#endedAt !== undefined) return;
    this.resume();
    this.#endedAt = performance.now();
    const { route, span, seconds } = this;
    this.#metrics.ended(this.#method, route, this.status ?? statusOf(response), seconds, span?.ids);
    if (span !== undefined) this.#endSpan(span, response);
  }

  #endSpan(span: RecordedSpan, { headersSent, statusCode, writableFinished }: ServerResponse): void {
    const { route, status = headersSent ? statusCode : undefined } = this;
    if (route !== '') {
      span.setAttribute('http.route', route);
      span.rename(`${knownMethod(this.#method)} ${route}`);
    }
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
    if (status !== undefined && status >= 500) {
      span.setAttribute('error.type', String(status));
      span.fail();
    } else if (this.status === undefined && !writableFinished) {
      span.setAttribute('error.type', 'aborted');
      span.fail('The connection ended before the answer did.');
    }
    span.finish();
  }
}

/** Undefined outside of `observed`. */
export function exchangeOf(response: ServerResponse): Exchange | undefined {
  return (response as Observed)[exchange];
}

/** Notes the route of an answer. */
export function setRoute(response: ServerResponse, route: string): void {
  const current = exchangeOf(response);
  if (current !== undefined) current.route = route;
}

/** The request ends with this status, though its response does not end yet: its client has what it waits for. */
export function endNow(response: ServerResponse, status: number): void {
  const current = exchangeOf(response);
  if (current === undefined) return;
  current.status = status;
  current.end(response);
}

/** Gives each request an exchange, which ends with its answer. */
export function observed(metrics: HttpMetrics, serve: RequestListener): RequestListener {
  return (request, response) => {
    // On every response alike: objects of two kinds would slow down all requests (docs/adr/0160).
    (response as Observed)[exchange] = new Exchange(metrics, request.method);
    response.on('close', end);
    serve(request, response);
  };
}

/** One function for all responses: a closure for each would cost as much as the count. */
function end(this: ServerResponse): void {
  exchangeOf(this)?.end(this);
}

function statusOf({ writableFinished, statusCode }: ServerResponse): number {
  return writableFinished ? statusCode : clientClosedRequest;
}
