/**
 * One request and its answer, as metrics and traces know them. One clock: it starts when the request's head has been
 * parsed, before admission, and stops when the answer is done or the connection is gone, whichever way the request took.
 * It stands still while the request waits for what others do.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import type { Span } from '../store/spans.ts';
import { type HttpMetrics, knownMethod } from './http-metrics.ts';

/** nginx's status for a client that left before its answer was complete. */
export const clientClosedRequest = 499;

const exchange = Symbol('exchange');

interface Observed extends ServerResponse {
  [exchange]?: Exchange;
}

export class Exchange {
  /** The template that matched, such as `/get/{key}`; empty: none did. */
  route = '';
  /** The status to be counted in place of the answer's. */
  status: number | undefined = undefined;
  /** The request's span, when it is sampled. */
  span: Span | undefined = undefined;
  readonly #metrics: HttpMetrics;
  readonly #method: string | undefined;
  readonly #start = performance.now();
  /** Milliseconds of pauses that are over. */
  #paused = 0;
  /** When the pause began; undefined: there is none. */
  #pausedAt: number | undefined = undefined;
  #over = false;

  constructor(metrics: HttpMetrics, method: string | undefined) {
    this.#metrics = metrics;
    this.#method = method;
    metrics.started();
  }

  /** How long it has taken so far. */
  get seconds(): number {
    return ((this.#pausedAt ?? performance.now()) - this.#start - this.#paused) / 1000;
  }

  /** Until `resume`, the request is not being served: it waits for something that may happen in a minute, or never. */
  pause(): void {
    if (this.#over || this.#pausedAt !== undefined) return;
    this.#pausedAt = performance.now();
    this.#metrics.paused();
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#paused += performance.now() - this.#pausedAt;
    this.#pausedAt = undefined;
    this.#metrics.started();
  }

  /** Counts the request, once. What goes on by itself, such as a watch, ends when it has begun. */
  end(response: ServerResponse): void {
    if (this.#over) return;
    this.resume();
    this.#over = true;
    const { route, span, seconds } = this;
    this.#metrics.ended(this.#method, route, this.status ?? statusOf(response), seconds, span?.ids);
    if (span === undefined || route === '') return;
    span.setAttribute('http.route', route);
    span.rename(`${knownMethod(this.#method)} ${route}`);
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
