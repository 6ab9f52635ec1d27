/**
 * The reads that services live on, on their shortest way: recognised before Koa and answered straight on the response.
 * Whatever is not the plain case (escapes, a precondition, nothing found, an error) is left to the route; a test
 * compares the two, headers included. Koa, its router and the middleware take more than half of such a request's time.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Store } from '../store/store.ts';
import { type Answer, jsonAnswer, sendAnswer } from './answer.ts';
import type { AnswerCache, Source } from './answer-cache.ts';
import type { HttpMetrics } from './http-metrics.ts';

/** Barriers that a request has waited for already: its route need not wait for another. */
export type Waited = WeakMap<IncomingMessage, Promise<void>>;

export interface HotRead extends Source {
  /** The route's name in metrics. */
  readonly template: string;
  /** What a GET of this URL asks for; undefined: not the plain case. Asked of every request, so it is cheap. */
  plain(url: string): string | undefined;
  /** From the index as it is now. Undefined: not the plain case after all. */
  answer(asked: string): Answer | undefined;
}

export interface HotReadsOptions {
  readonly reads: readonly HotRead[];
  readonly store: Store;
  readonly metrics: HttpMetrics;
  readonly waited: Waited;
  readonly answers: AnswerCache;
  /** Serves everything else. */
  readonly rest: RequestListener;
}

export function hotReads({ reads, store, metrics, waited, answers, rest }: HotReadsOptions): RequestListener {
  /** Since `start`; what is not the plain case after all goes on to the route. */
  const answer = (read: HotRead, asked: string, request: IncomingMessage, response: ServerResponse, start: number) => {
    const ready = answers.answer(read, asked);
    if (ready === undefined) return leave(request, response);
    sendAnswer(response, ready);
    metrics.ended('GET', read.template, 200, (performance.now() - start) / 1000);
  };
  const leave = (request: IncomingMessage, response: ServerResponse) => {
    metrics.left();
    rest(request, response);
  };
  return (request, response) => {
    const { method, url = '', headers } = request;
    if (method !== 'GET' || headers.host === undefined || headers['if-none-match'] !== undefined) {
      return rest(request, response);
    }
    for (const read of reads) {
      const asked = read.plain(url);
      if (asked === undefined) continue;
      const start = performance.now();
      metrics.started();
      const fresh = store.barrier();
      if (fresh === undefined) return answer(read, asked, request, response, start);
      waited.set(request, fresh);
      fresh.then(
        () => answer(read, asked, request, response, start),
        () => leave(request, response),
      );
      return;
    }
    rest(request, response);
  };
}

/** Sends a JSON text, with its length. */
export function sendJson(response: ServerResponse, text: string, { ETag }: { readonly ETag: string }): void {
  sendAnswer(response, jsonAnswer(text, ETag));
}

/** What stands in the URL behind `prefix`, if it is ASCII that means itself in a path and in a query alike. */
export function plainText(url: string, prefix: string, maxLength: number): string | undefined {
  if (!url.startsWith(prefix) || url.length === prefix.length || url.length > prefix.length + maxLength)
    return undefined;
  for (let i = prefix.length; i < url.length; i++) {
    const code = url.charCodeAt(i);
    if (code > 0x7e || code === 0x25 || code === 0x3f || code === 0x23 || code === 0x26 || code === 0x2b)
      return undefined;
  }
  return url.slice(prefix.length);
}
