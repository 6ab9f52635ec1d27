/**
 * GET /get/{key} on its shortest way: recognised before Koa and answered straight on the response. Whatever is not the
 * plain case (escapes, a query, a precondition, a missing key, an error) is left to the route; a test compares the two,
 * headers included. Koa, its router and the middleware take more than half of the time of such a request.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { maxKeyBytes } from '../store/key.ts';
import type { Entry, Store } from '../store/store.ts';
import type { HttpMetrics } from './http-metrics.ts';

const prefix = '/get/';
const template = '/get/{key}';

/** Barriers that a request has waited for already: its route need not wait for another. */
export type Waited = WeakMap<IncomingMessage, Promise<void>>;

export interface HotGetOptions {
  readonly store: Store;
  readonly metrics: HttpMetrics;
  readonly waited: Waited;
  /** Serves everything else. */
  readonly rest: RequestListener;
}

export function hotGet({ store, metrics, waited, rest }: HotGetOptions): RequestListener {
  /** False: there is no such key, and nothing was sent. */
  const answer = (key: string, response: ServerResponse, start: number): boolean => {
    const entry = store.get(key);
    if (entry === undefined) return false;
    send(response, entry);
    metrics.ended('GET', template, 200, (performance.now() - start) / 1000);
    return true;
  };
  return (request, response) => {
    const key = plainKey(request);
    if (key === undefined) return rest(request, response);
    const start = performance.now();
    metrics.started();
    const leave = () => {
      metrics.left();
      rest(request, response);
    };
    const fresh = store.barrier();
    if (fresh === undefined) {
      if (!answer(key, response, start)) leave();
      return;
    }
    waited.set(request, fresh);
    fresh.then(() => answer(key, response, start) || leave(), leave);
  };
}

/** The key of a plain read; undefined for every other request. */
function plainKey({ method, url = '', headers }: IncomingMessage): string | undefined {
  if (method !== 'GET' || !url.startsWith(prefix) || url.length === prefix.length) return undefined;
  if (url.length > prefix.length + maxKeyBytes || headers['if-none-match'] !== undefined) return undefined;
  if (headers.host === undefined) return undefined;
  for (let i = prefix.length; i < url.length; i++) {
    const code = url.charCodeAt(i);
    // `%`, `?`, `#`, or beyond ASCII: not plain.
    if (code === 0x25 || code === 0x3f || code === 0x23 || code > 0x7e) return undefined;
  }
  return url.slice(prefix.length);
}

function send(response: ServerResponse, { value, version }: Entry): void {
  response.writeHead(200, {
    ETag: `"${version}"`,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(value),
  });
  response.end(value);
}
