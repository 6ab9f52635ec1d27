/** What answers each entry of the API: its parser, which makes a typed request, and its operation. */
import type { Registry } from 'prom-client';
import type { Answer } from '../answers/answer.ts';
import type { AnswerCache } from '../caches/answer-cache.ts';
import type { DumpCache } from '../caches/dump-cache.ts';
import type { RepeatedReads } from '../caches/repeated-reads.ts';
import { deleteKeys, deleteValue } from '../operations/delete.ts';
import { dumpPairs } from '../operations/dump.ts';
import { getValue } from '../operations/get.ts';
import { getValues } from '../operations/get-many.ts';
import { live, type metricsText, ready } from '../operations/health.ts';
import { incrementValues } from '../operations/increment.ts';
import { type LongReadLimits, longReads } from '../operations/long-read.ts';
import { searchKeys } from '../operations/search.ts';
import { setPairs } from '../operations/set.ts';
import { runTransaction } from '../operations/transaction.ts';
import { type WatchParts, watchChanges } from '../operations/watch.ts';
import type { RawRequest } from '../requests/raw-request.ts';
import { parseDump, parseGet, parseGetMany, parseSearch } from '../requests/reads.ts';
import { parseIncrement, parseTransaction } from '../requests/transactions.ts';
import { parseWatch } from '../requests/watches.ts';
import { parseDeleteMany, parseDeleteOne, parseSet } from '../requests/writes.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import type { Peers } from '../server/peers.ts';
import { type ApiEntry, api, type OperationName } from '../site/openapi/api.ts';
import { serveDocument } from '../site/openapi/serve.ts';
import type { WarmUp } from '../warm-up/warm-up.ts';

export interface Route {
  readonly method: ApiEntry['method'];
  /** The template, which names the route in metrics and traces. */
  readonly path: string;
  readonly access: 'open' | 'read' | 'write';
  /** True: the body is read before `answer` is called. */
  readonly hasBody: boolean;
  /** Throws or rejects with a Problem. */
  readonly answer: (request: RawRequest) => Answer | Promise<Answer>;
}

export interface RouteParts extends WatchParts {
  readonly registry: Registry;
  readonly answers: AnswerCache;
  readonly dumps: DumpCache;
  readonly repeated: RepeatedReads;
  readonly scheduler: EventLoopScheduler;
  /** Of searches and dumps that are read in slices. */
  readonly longReads: LongReadLimits;
  readonly peers: Peers | undefined;
  readonly warmUp?: WarmUp | undefined;
  /** Undefined: metrics have a port of their own. */
  readonly metricsText: ReturnType<typeof metricsText> | undefined;
  /** Of the service, as the API's description says it. */
  readonly version: string;
}

export function apiRoutes(parts: RouteParts): readonly Route[] {
  const { store, answers, repeated, dumps, scheduler, drain, peers, version, tokens } = parts;
  const metrics = parts.metricsText;
  const longRead = longReads(store, parts.longReads, parts.registry);
  const get = getValue(store, answers);
  const getMany = getValues(store, answers, longRead);
  const search = searchKeys({ store, answers, repeated, longRead, scheduler });
  const dump = dumpPairs({ store, dumps, repeated, longRead, scheduler });
  const set = setPairs(store);
  const deleteOne = deleteValue(store);
  const deleteMany = deleteKeys(store);
  const transaction = runTransaction(store);
  const increment = incrementValues(store);
  const watch = watchChanges(parts);
  const handlers: Readonly<Record<OperationName, Route['answer'] | undefined>> = {
    get: (request) => get(parseGet(request)),
    getMany: (request) => getMany(parseGetMany(request)),
    search: (request) => search(parseSearch(request)),
    dump: (request) => dump(parseDump(request)),
    set(request) {
      const asked = parseSet(request);
      const [first] = asked.pairs;
      request.subject = asked.pairs.length === 1 ? first?.key : asked.pairs.length;
      return set(asked);
    },
    deleteOne: (request) => deleteOne(noted(request, parseDeleteOne(request))),
    deleteMany: (request) => deleteMany(noted(request, parseDeleteMany(request))),
    transaction: (request) => transaction(noted(request, parseTransaction(request))),
    increment: (request) => increment(noted(request, parseIncrement(request))),
    watch: (request) => watch(parseWatch(request)),
    live,
    ready: ready({ store, drain, peers, warmUp: parts.warmUp }),
    metrics,
    openApi: serveDocument({ version, tokens: tokens !== undefined, metrics: metrics !== undefined }),
  };
  return (Object.keys(api) as OperationName[]).flatMap((name) => {
    const answer = handlers[name];
    if (answer === undefined) return [];
    const { method, path, operation }: ApiEntry = api[name];
    const hasBody = operation.requestBody !== undefined;
    return { method, path, access: operation.access, hasBody, answer };
  });
}

/** Says what the request is about. */
function noted<T extends { readonly keys: readonly string[] }>(request: RawRequest, asked: T): T {
  const { keys } = asked;
  request.subject = keys.length === 1 ? keys[0] : keys.length;
  return asked;
}
