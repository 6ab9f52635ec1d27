/** GET /watch: what changes, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import { Problem, unavailable } from '@kvstore/core/problem.ts';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { type Answer, emptyAnswer, forBrowsers } from '../../answers/answer.ts';
import type { Tokens } from '../../auth/token-file.ts';
import type { Token } from '../../auth/tokens.ts';
import type { Endings } from '../../flow-control/endings.ts';
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import type { Buffers } from '../../flow-control/socket-buffers/socket-buffers.ts';
import { onStall } from '../../flow-control/stalled-clients.ts';
import { observedGauge } from '../../observed-gauge.ts';
import type { WatchRequest } from '../../requests/watches.ts';
import type { Drain } from '../../server/drain.ts';
import type { Store } from '../../store/store.ts';
import type { HttpMetrics } from '../../telemetry/http-metrics.ts';
import { requestFields } from '../../telemetry/request-fields.ts';
import { ChangeStream, type ChangeStreamLimits } from './change-stream.ts';
import { Deliveries } from './deliveries.ts';
import { inTurns } from './in-turns.ts';
import type { WatchPlaces } from './watch-places.ts';

export interface WatchLimits extends ChangeStreamLimits {
  /** Bytes that may wait for the clients of all watches together. */
  readonly maxMemory: number;
  /** Watches, and reads that wait for a change, at once. */
  readonly maxWatches: number;
}

export interface WatchParts {
  readonly store: Store;
  readonly drain: Drain;
  readonly registry: Registry;
  readonly metrics: Pick<HttpMetrics, 'problem'>;
  readonly log: Logger;
  readonly limits: Omit<WatchLimits, 'maxWatches'>;
  readonly places: WatchPlaces;
  readonly scheduler: Pick<EventLoopScheduler, 'isWriting' | 'restAfter'>;
  readonly endings: Pick<Endings, 'reset'>;
  /** Default: nothing bounds them. */
  readonly buffers?: Buffers | undefined;
  /** Undefined: no request needs a token. */
  readonly tokens?: Tokens | undefined;
}

/** `from`: what the request's token sees of the store. Rejects with Problem `unavailable`, `overloaded`, `history-gone` or `other-timeline`. */
export type WatchChanges = (request: WatchRequest, from?: Store) => Promise<Answer>;

export function watchChanges({
  store,
  drain,
  registry,
  metrics,
  log,
  limits,
  places,
  scheduler,
  endings,
  buffers,
  tokens,
}: WatchParts): WatchChanges {
  /** Each with the token it was opened with. */
  const streams = new Map<ChangeStream, Token | undefined>();
  observedGauge(registry, 'kvstore_watches', 'Watches that are open.', () => streams.size);
  const deliveries = new Deliveries({ most: limits.maxMemory, scheduler, buffers });
  observedGauge(
    registry,
    'kvstore_watch_backlog_bytes',
    'Bytes that wait for the clients of watches; what several wait for counts once.',
    () => deliveries.bytes,
  );
  // The request has ended well by then, so no other code counts it. One that ends all watches needs no line for each.
  const onProblem = (problem: Problem) => {
    metrics.problem(problem.code);
    if (problem.code !== 'internal') return;
    const asked = requestFields({ route: '/watch', code: problem.code });
    log.error({ ...asked, err: problem }, 'watch failed');
  };
  drain.begun.addEventListener('abort', () => {
    const problem = new Problem('unavailable', 'The server is shutting down: watch again.');
    // Requests are still answered meanwhile, and to end 5,000 takes 200 ms.
    inTurns(streams.keys(), (stream) => stream.end(problem));
  });
  tokens?.onChange(() => {
    const withdrawn = [...streams].filter(([, token]) => token !== undefined && !tokens.holds(token));
    const problem = new Problem('unauthorized', 'The token is not in force any more.');
    inTurns(withdrawn, ([stream]) => stream.end(problem));
  });
  const refuseWhileDraining = () => {
    if (drain.draining) throw unavailable('The server is shutting down.');
  };
  return async ({ filter, stale, resumed, token, isHead }, from = store) => {
    refuseWhileDraining();
    places.check();
    // From now on: what was acknowledged before the request is no news.
    if (resumed === undefined && !stale) await store.barrier();
    const position = resumed ?? { timeline: store.timeline(), after: store.revision(), skip: 0 };
    const headers = [...streamHeaders, heartbeatHeader, String(limits.heartbeat / 1000)];
    if (isHead) return emptyAnswer(200, headers);
    return {
      kind: 'events',
      status: 200,
      headers,
      async open(to, begin) {
        // Much may have happened since.
        refuseWhileDraining();
        const giveBack = places.take();
        const close = () => {
          if (to.socket !== null) endings.reset(to.socket);
        };
        const forgetStall = onStall(to, () => stream.stalled());
        const ended = (problem: Problem) => {
          forgetStall();
          onProblem(problem);
        };
        const stream = new ChangeStream({ to, filter, position, limits, deliveries, close, onProblem: ended });
        streams.set(stream, token);
        to.once('close', () => {
          streams.delete(stream);
          giveBack();
        });
        return stream.open(from, begin);
      },
    };
  };
}

/** Seconds between signs of life: a client that waits for three of them in vain connects anew. */
const heartbeatHeader = 'KvStore-Heartbeat';

const streamHeaders = [
  'Content-Type',
  'text/event-stream',
  ...forBrowsers,
  'Cache-Control',
  'no-store',
  // Proxies that gather answers before they pass them on are asked not to.
  'X-Accel-Buffering',
  'no',
];
