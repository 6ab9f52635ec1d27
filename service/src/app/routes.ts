/** What answers each entry of the API: its parser, which makes a typed request, and its operation. */
import type { Registry } from 'prom-client';
import type { Answer } from '../answers/answer.ts';
import type { TokenRates } from '../auth/token-rates.ts';
import { type Caches, limitedCaches } from '../caches/caches.ts';
import type { EventLoopScheduler } from '../flow-control/event-loop-scheduler.ts';
import { deleteKeys, deleteValue } from '../operations/delete.ts';
import { dumpPairs } from '../operations/dump.ts';
import { getValue } from '../operations/get.ts';
import { getValues } from '../operations/get-many.ts';
import { live, type metricsText, ready } from '../operations/health.ts';
import { incrementValues } from '../operations/increment.ts';
import { type LongRead, type LongReadLimits, longReads } from '../operations/reading/long-read.ts';
import { searchKeys } from '../operations/search.ts';
import { setPairs } from '../operations/set.ts';
import { runTransaction } from '../operations/transaction.ts';
import { type WaitForChange, waitForChange } from '../operations/watch/wait-for-change.ts';
import { type WatchChanges, type WatchLimits, type WatchParts, watchChanges } from '../operations/watch/watch.ts';
import { WatchPlaces } from '../operations/watch/watch-places.ts';
import { whoAmI } from '../operations/whoami.ts';
import { parseQuery } from '../requests/query.ts';
import type { RawRequest } from '../requests/raw-request.ts';
import { type GetManyRequest, parseDump, parseGet, parseGetMany, parseSearch } from '../requests/reads.ts';
import { parseIncrement, parseTransaction } from '../requests/transactions.ts';
import { parseWatch } from '../requests/watches.ts';
import { parseDeleteMany, parseDeleteOne, parseSet } from '../requests/writes.ts';
import type { Peers } from '../server/peers.ts';
import { type ApiEntry, api, type OperationName } from '../site/openapi/api.ts';
import { serveDocument } from '../site/openapi/serve.ts';
import { type Clock, systemClock } from '../store/clock.ts';
import { LimitedSnapshot } from '../store/limited/limited-reader.ts';
import { LimitedStore } from '../store/limited/limited-store.ts';
import type { Scope } from '../store/limited/scope.ts';
import type { Spans } from '../store/spans.ts';
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

export interface RouteParts extends Omit<WatchParts, 'limits' | 'places'>, Caches {
  /** Limits of tokens; undefined: there are none. */
  readonly rates?: TokenRates | undefined;
  readonly registry: Registry;
  readonly scheduler: EventLoopScheduler;
  /** Milliseconds that a read waits for its turn after its barrier; default: as long as it takes. */
  readonly maxWait?: number;
  readonly spans: Spans;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Of watches. */
  readonly limits: WatchLimits;
  /** Of searches and dumps that are read in slices. */
  readonly longReads: LongReadLimits;
  readonly peers: Peers | undefined;
  readonly warmUp?: WarmUp | undefined;
  /** Undefined: metrics have a port of their own. */
  readonly metricsText: ReturnType<typeof metricsText> | undefined;
  /** Of the service, as the API's description says it. */
  readonly version: string;
}

/** The operations that need no token, and so exist once: the description of the API takes a while to make. */
type OpenName = 'live' | 'ready' | 'metrics' | 'openApi';

type OpenHandlers = Readonly<Record<OpenName, Route['answer'] | undefined>>;

type Handlers = Readonly<Record<Exclude<OperationName, OpenName>, Route['answer']>>;

export function apiRoutes(parts: RouteParts): readonly Route[] {
  const { store, tokens } = parts;
  const longRead = longReads(store, parts.longReads, parts.registry);
  const places = new WatchPlaces(parts.limits.maxWatches);
  const own = {
    ...{ ...parts, longRead, scope: undefined },
    watch: watchChanges({ ...parts, places }),
    waitForChange: waitForChange({ ...parts, clock: parts.clock ?? systemClock, places }),
  };
  const open = openHandlers(parts);
  const handlers = handlersOf(own);
  const limited = tokens === undefined ? undefined : limitedHandlers(own);
  const answerTo = (name: OperationName) => {
    if (isOpen(name)) return open[name];
    return limited === undefined ? handlers[name] : byScope(name, handlers[name], limited);
  };
  return (Object.keys(api) as OperationName[]).flatMap((name) => {
    const answer = answerTo(name);
    if (answer === undefined) return [];
    const { method, path, operation }: ApiEntry = api[name];
    const hasBody = operation.requestBody !== undefined;
    return { method, path, access: operation.access, hasBody, answer };
  });
}

function isOpen(name: OperationName): name is OpenName {
  return api[name].operation.access === 'open';
}

/** The operation over the store, or over what the request's token sees of it. */
function byScope(name: keyof Handlers, whole: Route['answer'], limited: (scope: Scope) => Handlers): Route['answer'] {
  return (request) => {
    const scope = request.token?.scope;
    return scope === undefined ? whole(request) : limited(scope)[name](request);
  };
}

/**
 * Every operation that needs a token once more, over a store that has no other keys than the scope's (LimitedStore). Of what
 * is kept ready for the whole store they get what is the same for the scope.
 */
function limitedHandlers(parts: HandlerParts): (scope: Scope) => Handlers {
  const { store, longRead, watch } = parts;
  const known = new WeakMap<Scope, Handlers>();
  return (scope) => {
    const found = known.get(scope);
    if (found !== undefined) return found;
    const limited = new LimitedStore(store, scope);
    const handlers = handlersOf({
      ...{ ...parts, ...limitedCaches(parts, store, limited, scope), scope, store: limited },
      longRead: (read) => longRead((view, hold) => read(new LimitedSnapshot(view, scope), hold)),
      watch: (request) => watch(request, limited),
    });
    known.set(scope, handlers);
    return handlers;
  };
}

/** What exists once for all tokens comes from outside: its metrics and limits are of the process. */
interface HandlerParts extends RouteParts {
  readonly longRead: LongRead;
  readonly watch: WatchChanges;
  readonly waitForChange: WaitForChange;
  /** Undefined: all keys. */
  readonly scope: Scope | undefined;
}

function openHandlers(parts: RouteParts): OpenHandlers {
  const { store, drain, peers, warmUp, version, tokens } = parts;
  const metrics = parts.metricsText;
  return {
    live,
    ready: ready({ store, drain, peers, warmUp }),
    metrics,
    openApi: serveDocument({ version, tokens: tokens !== undefined, metrics: metrics !== undefined }),
  };
}

function handlersOf(parts: HandlerParts): Handlers {
  const { store, watch, scope } = parts;
  const get = parts.waitForChange(getValue(parts));
  const getMany = getValues(parts);
  const search = searchKeys(parts);
  const dump = dumpPairs(parts);
  const set = setPairs(store);
  const deleteOne = deleteValue(store);
  const deleteMany = deleteKeys(store);
  const transaction = runTransaction(store);
  const increment = incrementValues(store);
  return {
    get: (request) => get(parseGet(request)),
    getMany: (request) => getMany(reached(parseGetMany(request), scope)),
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
    whoAmI({ target, token }) {
      parseQuery(target.query, []);
      return whoAmI(token, token && parts.rates?.ratesOf(token));
    },
  };
}

/** Before anything is read: an answer that has begun could only be cut off. */
function reached(asked: GetManyRequest, scope: Scope | undefined): GetManyRequest {
  if (scope !== undefined) for (const key of asked.keys) scope.check(key);
  return asked;
}

/** Says what the request is about. */
function noted<T extends { readonly keys: readonly string[] }>(request: RawRequest, asked: T): T {
  const { keys } = asked;
  request.subject = keys.length === 1 ? keys[0] : keys.length;
  return asked;
}
