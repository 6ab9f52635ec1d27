/**
 * GET / on its shortest way, when the text is ready and goes out at once: the case without parameters or preconditions.
 * Most of such an answer's time is the system's, which copies the text; Koa and writing it part by part took as much again.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Store } from '../store/store.ts';
import type { DumpCache, ReadyDump } from './dump-cache.ts';
import type { Waited } from './hot-reads.ts';
import type { HttpMetrics } from './http-metrics.ts';

export interface HotDumpOptions {
  readonly store: Store;
  readonly dumps: DumpCache;
  readonly metrics: HttpMetrics;
  readonly waited: Waited;
  /** Milliseconds in which a client must take the answer, or it is cut off. */
  readonly stallTimeout: number;
  /** Serves everything else. */
  readonly rest: RequestListener;
}

/** Bytes of an answer; a longer one is sent by the route, in batches that let others have their turn. */
const maxLength = 1 << 20;

export function hotDump({ store, dumps, metrics, waited, stallTimeout, rest }: HotDumpOptions): RequestListener {
  const answer = (request: IncomingMessage, response: ServerResponse, start: number) => {
    const dump = dumps.take();
    if (dump === undefined || dump.length > maxLength) {
      dump?.release();
      return leave(request, response);
    }
    send(response, dump, stallTimeout, () => metrics.ended('GET', '/', 200, (performance.now() - start) / 1000));
  };
  const leave = (request: IncomingMessage, response: ServerResponse) => {
    metrics.left();
    rest(request, response);
  };
  return (request, response) => {
    if (!isPlain(request)) return rest(request, response);
    const start = performance.now();
    metrics.started();
    const fresh = store.barrier();
    if (fresh === undefined) return answer(request, response, start);
    waited.set(request, fresh);
    fresh.then(
      () => answer(request, response, start),
      () => leave(request, response),
    );
  };
}

function isPlain({ method, url, headers }: IncomingMessage): boolean {
  const { host, accept = '*/*' } = headers;
  return (
    url === '/' &&
    method === 'GET' &&
    host !== undefined &&
    headers['if-none-match'] === undefined &&
    (accept === '*/*' || accept === 'application/json')
  );
}

function send(response: ServerResponse, dump: ReadyDump, stallTimeout: number, ended: () => void): void {
  let stalled: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(stalled);
    dump.release();
    ended();
  };
  // In the request's own context, and before its span ends.
  response.prependOnceListener('close', AsyncLocalStorage.bind(close));
  const headers = ['Vary', 'Accept', 'ETag', `"${dump.revision}"`, 'Content-Type', 'application/json'];
  response.writeHead(200, [...headers, 'Content-Length', String(dump.length)]);
  const last = dump.parts.length - 1;
  // All in one system call.
  if (last > 0) response.cork();
  for (let i = 0; i < last; i++) response.write(dump.parts[i]);
  response.end(dump.parts[last]);
  if (response.writableLength > 0) stalled = setTimeout(() => response.destroy(), stallTimeout);
}
