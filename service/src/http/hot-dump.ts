/**
 * GET / on its shortest way, when the text is ready and goes out at once: the case without parameters or preconditions.
 * Most of such an answer's time is the system's, which copies the text; Koa and writing it part by part took as much again.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { DumpCache, ReadyDump } from './dump-cache.ts';
import { versionTag } from './entity-tag.ts';
import { setRoute } from './exchange.ts';
import { type WhenFreshOptions, whenFresh } from './when-fresh.ts';

/** `rest` serves everything else. */
export interface HotDumpOptions extends WhenFreshOptions {
  readonly dumps: DumpCache;
  /** Milliseconds in which a client must take the answer, or it is cut off. */
  readonly stallTimeout: number;
}

/** Bytes of an answer; a longer one is sent by the route, in batches that let others have their turn. */
const maxLength = 1 << 20;

export function hotDump({ dumps, stallTimeout, ...options }: HotDumpOptions): RequestListener {
  const { rest } = options;
  const serve = whenFresh<void>(options, (_nothing, response) => {
    const dump = dumps.take();
    if (dump === undefined || dump.length > maxLength) {
      dump?.release();
      return false;
    }
    // A dump that is ready shows nothing that has expired.
    send(response, dump, versionTag(options.store.timeline(), dump.revision), stallTimeout);
    return true;
  });
  return (request, response) => {
    if (!isPlain(request)) return rest(request, response);
    setRoute(response, '/');
    serve(undefined, request, response);
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

function send(response: ServerResponse, dump: ReadyDump, tag: string, stallTimeout: number): void {
  let stalled: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(stalled);
    dump.release();
  };
  response.once('close', close);
  const headers = ['Vary', 'Accept', 'ETag', tag, 'Content-Type', 'application/json'];
  response.writeHead(200, [...headers, 'Content-Length', String(dump.length)]);
  const last = dump.parts.length - 1;
  // All in one system call.
  if (last > 0) response.cork();
  for (let i = 0; i < last; i++) response.write(dump.parts[i]);
  response.end(dump.parts[last]);
  if (response.writableLength > 0) stalled = setTimeout(() => response.destroy(), stallTimeout);
}
