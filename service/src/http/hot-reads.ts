/**
 * The reads that services live on, on their shortest way: recognised before Koa and answered straight on the response.
 * Whatever is not the plain case (escapes, a precondition, an error) is left to the route; a test
 * compares the two, headers included. Koa, its router and the middleware take more than half of such a request's time.
 */
import type { RequestListener } from 'node:http';
import { sendAnswer } from './answer.ts';
import type { AnswerCache, Source } from './answer-cache.ts';
import { viewTag } from './entity-tag.ts';
import { setRoute } from './exchange.ts';
import type { HttpMetrics } from './http-metrics.ts';
import { type WhenFreshOptions, whenFresh } from './when-fresh.ts';

export interface HotRead extends Source {
  /** The route's name in metrics. */
  readonly template: string;
  /** What a GET of this URL asks for; undefined: not the plain case. Asked of every request, so it is cheap. */
  plain(url: string): string | undefined;
}

/** `rest` serves everything else. */
export interface HotReadsOptions extends WhenFreshOptions {
  readonly reads: readonly HotRead[];
  readonly answers: AnswerCache;
  readonly metrics: Pick<HttpMetrics, 'problem'>;
}

export function hotReads({ reads, answers, metrics, ...options }: HotReadsOptions): RequestListener {
  const { rest } = options;
  const ways = reads.map((read) => {
    const serve = whenFresh<string>(options, (asked, response) => {
      // An answer to a search may be older than the store's newest write, which changed nothing of it, so its tag is not
      // kept with it. What expires while it is read must not be in an answer whose tag leaves it out, nor the other way round.
      const { store } = options;
      const tag = read.by === 'key' ? undefined : viewTag(store, store);
      const ready = answers.answer(read, asked);
      if (ready === undefined || (tag !== undefined && viewTag(store, store) !== tag)) return false;
      sendAnswer(response, ready, tag);
      if (ready.problem !== undefined) metrics.problem(ready.problem);
      return true;
    });
    return { read, serve };
  });
  return (request, response) => {
    const { method, url = '', headers } = request;
    if (method !== 'GET' || headers.host === undefined || headers['if-none-match'] !== undefined) {
      return rest(request, response);
    }
    for (const { read, serve } of ways) {
      const asked = read.plain(url);
      if (asked === undefined) continue;
      setRoute(response, read.template);
      return serve(asked, request, response);
    }
    rest(request, response);
  };
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
