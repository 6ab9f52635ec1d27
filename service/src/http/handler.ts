/** What answers the server's requests: the hot requests first, then the application. */
import type { RequestListener } from 'node:http';
import type { Tokens } from '../auth/token-file.ts';
import { noSpans } from '../store/spans.ts';
import type { Tracing } from '../tracing.ts';
import { admission } from './admission.ts';
import { AnswerCache } from './answer-cache.ts';
import { type AppOptions, createApp } from './app.ts';
import { mayRead } from './authorize.ts';
import { DumpCache } from './dump-cache.ts';
import { observed } from './exchange.ts';
import { hotDump } from './hot-dump.ts';
import { hotGet } from './hot-get.ts';
import { hotReads } from './hot-reads.ts';
import { hotSearch } from './hot-search.ts';
import { type BegunWrites, hotSet } from './hot-set.ts';
import { isMisdirected } from './identity.ts';
import type { Waited } from './when-fresh.ts';

export interface HandlerOptions extends Omit<AppOptions, 'waited' | 'begun' | 'spans' | 'exemplars' | 'dumps'> {
  /** False: every request goes through the application. Default true. */
  readonly hotReads?: boolean;
  /** Bytes of answers that are kept ready; 0: none are. */
  readonly answerCache: number;
  /** Bytes of a dump that is kept ready; 0: none is. */
  readonly dumpCache: number;
  readonly tracing?: Tracing | undefined;
  /** Milliseconds that a request may wait for its turn before it is refused. */
  readonly maxWait: number;
}

export function createHandler({
  hotReads: isHot = true,
  answerCache,
  dumpCache,
  tracing,
  maxWait,
  ...options
}: HandlerOptions): RequestListener {
  const { store, turns, maxBody, tokens, streams } = options;
  const waited: Waited = new WeakMap();
  const begun: BegunWrites = new WeakMap();
  const dumps = new DumpCache(store, dumpCache);
  const answers = new AnswerCache(store, answerCache);
  const admit = admission({ turns, maxWait, maxBody, metrics: options.metrics });
  const { metrics } = options;
  const spans = tracing?.spans ?? noSpans;
  const exemplars = tracing !== undefined;
  const app = createApp({ ...options, metrics, waited, dumps, begun, spans, exemplars }).callback();
  const rest = admit(app);
  const reads = [hotGet(store), hotSearch(store, 'prefix'), hotSearch(store, 'suffix')];
  const dump = hotDump({ store, dumps, waited, stallTimeout: streams.stallTimeout, rest: app });
  const admitted = admit(hotSet({ store, begun, maxBody, spans, rest: dump }));
  const plain = allowed(hotReads({ reads, store, metrics, waited, answers, rest: admitted }), rest, tokens);
  const { identity } = options;
  // The application refuses what is meant for another store.
  const hot: RequestListener = (request, response) =>
    (isMisdirected(request, identity) ? rest : plain)(request, response);
  // One for all requests, sampled or not: of two, neither would be compiled for its own objects alone (docs/adr/0160).
  const answer = isHot ? hot : rest;
  return observed(metrics, tracing?.requests(answer) ?? answer);
}

/** The short way only for those who may read; the application refuses the others, with everything that belongs to it. */
function allowed(hot: RequestListener, rest: RequestListener, tokens: Tokens | undefined): RequestListener {
  if (tokens === undefined) return hot;
  return (request, response) => (mayRead(request, tokens) ? hot : rest)(request, response);
}
