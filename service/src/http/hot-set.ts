/**
 * POST /set on its shortest way: the plain case (a body of known length as it is, no query, no condition) is read, parsed
 * and written before Koa, whose layers and body parser take more than half of the time of such a request. The route
 * answers everything that goes wrong, with what has been done already: nothing is read or written twice.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Store } from '../store/store.ts';
import { decodeBody } from './body.ts';
import { sendJson } from './hot-reads.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { pairText, parsePairs } from './set.ts';

/** What has been done of a request before its route gets it. */
export interface Begun {
  readonly body: Buffer;
  /** The revision of its write; undefined: there was none yet. */
  readonly written?: Promise<number>;
}

export type BegunWrites = WeakMap<IncomingMessage, Begun>;

export interface HotSetOptions {
  readonly store: Store;
  readonly metrics: HttpMetrics;
  readonly begun: BegunWrites;
  /** Bytes of a body. */
  readonly maxBody: number;
  /** Serves everything else. */
  readonly rest: RequestListener;
}

const [method, route] = ['POST', '/set'];

/** Headers that make a request more than plain. Whoever says who they are is the route's: it knows who may write. */
const notPlain = [
  'authorization',
  'content-encoding',
  'if-match',
  'if-none-match',
  'sec-fetch-site',
  'transfer-encoding',
] as const;

export function hotSet({ store, metrics, begun, maxBody, rest }: HotSetOptions): RequestListener {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const start = performance.now();
    metrics.started();
    const body = await wholeBody(request);
    // The client is gone, and nobody can be told.
    if (body === undefined) return metrics.ended(method, route, 400, (performance.now() - start) / 1000);
    let written: Promise<number> | undefined;
    try {
      const pairs = parsePairs(decodeBody(body));
      written = store.set(pairs);
      const revision = await written;
      sendJson(response, `{${pairs.map(pairText).join(',')}}`, { ETag: `"${revision}"` });
      metrics.ended(method, route, 200, (performance.now() - start) / 1000);
    } catch {
      // The route comes to the same end, and tells of it.
      begun.set(request, written === undefined ? { body } : { body, written });
      metrics.left();
      rest(request, response);
    }
  };
  return (request, response) => {
    if (isPlain(request, maxBody)) void serve(request, response);
    else rest(request, response);
  };
}

/** Undefined: it ended early. A promise, because what comes after it runs in the request's own context. */
function wholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const [first = empty, ...others] = chunks;
      resolve(others.length === 0 ? first : Buffer.concat(chunks));
    });
    request.once('close', () => resolve(undefined));
  });
}

const empty = Buffer.alloc(0);

function isPlain({ method: asked, url, headers }: IncomingMessage, maxBody: number): boolean {
  if (asked !== method || url !== route || headers.host === undefined) return false;
  const length = Number(headers['content-length'] ?? 0);
  return length > 0 && length <= maxBody && notPlain.every((name) => headers[name] === undefined);
}
