/** GET /get/{key}?wait=: a read that is answered when the key changes, for clients that cannot read event streams. */

import { challenge } from '@kvstore/core/challenge.ts';
import { Problem } from '@kvstore/core/problem.ts';
import { Counter, type Registry } from 'prom-client';
import { emptyAnswer, type TextAnswer, withHeaders } from '../../answers/answer.ts';
import type { Tokens } from '../../auth/token-file.ts';
import type { EventLoopScheduler } from '../../flow-control/event-loop-scheduler.ts';
import { observedGauge } from '../../observed-gauge.ts';
import type { GetRequest, Wait } from '../../requests/reads.ts';
import type { Drain } from '../../server/drain.ts';
import type { Clock } from '../../store/clock.ts';
import type { Spans } from '../../store/spans.ts';
import type { Store } from '../../store/store.ts';
import type { Get } from '../get.ts';
import { KeyChanges } from './key-changes.ts';
import type { WatchPlaces } from './watch-places.ts';

export interface WaitParts {
  readonly store: Store;
  readonly drain: Drain;
  readonly registry: Registry;
  readonly scheduler: Pick<EventLoopScheduler, 'free' | 'next'>;
  readonly spans: Pick<Spans, 'own'>;
  readonly places: WatchPlaces;
  readonly clock: Clock;
  /** Undefined: no request needs a token. */
  readonly tokens?: Tokens | undefined;
}

/** Milliseconds of a wait that begins during the shutdown: its client goes elsewhere soon, and asks not in a tight loop. */
const longestWhileDraining = 1000;

/** What ends a wait before its key changes. */
type End = 'timeout' | 'left' | 'shutdown' | 'revoked';

class KeyWait {
  readonly asked: Wait;
  /** Undefined: it goes on. */
  end: End | undefined;
  #wake: () => void = () => {};

  constructor(asked: Wait) {
    this.asked = asked;
  }

  /** For one round: from the read that shows no news to the next one. */
  round(): { readonly woken: Promise<void>; readonly wake: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return { woken: promise, wake: resolve };
  }

  stop(why: End): void {
    this.end ??= why;
    this.#wake();
  }
}

/**
 * The read, of all keys or of those that a token sees, which waits when it is asked to. Rejects with what the read rejects with, Problem `overloaded` when too many
 * wait, or `unauthorized` when the request's token is withdrawn meanwhile.
 */
export type WaitForChange = (get: Get) => Get;

export function waitForChange(parts: WaitParts): WaitForChange {
  const { store, drain, scheduler, spans, places, clock, tokens } = parts;
  const changes = new KeyChanges(store, clock);
  const waits = new Set<KeyWait>();
  const ended = waitMetrics(parts.registry, waits);
  drain.begun.addEventListener('abort', () => {
    for (const wait of waits) wait.stop('shutdown');
  });
  const isRevoked = ({ asked: { token } }: KeyWait) => token !== undefined && !(tokens?.holds(token) ?? true);
  tokens?.onChange(() => {
    for (const wait of waits) if (isRevoked(wait)) wait.stop('revoked');
  });

  /** Reads until there is news or the wait has ended. */
  const watchKey = async (get: Get, request: GetRequest, wait: KeyWait): Promise<TextAnswer> => {
    const { key } = request;
    for (;;) {
      const { woken, wake } = wait.round();
      // Before the read, so that no change comes between.
      const cancels = [changes.once(key, wake)];
      try {
        const answer = await get(request);
        if (isRevoked(wait)) throw revoked();
        if (wait.end !== undefined || !isKnown(request, answer)) return answer;
        const left = (store.expires(key) ?? Number.POSITIVE_INFINITY) - clock.wall();
        // The key is gone then, however long its removal takes. It may be in ten years, which no timer can hold.
        if (left < wait.asked.milliseconds) cancels.push(clock.after(Math.max(1, left), wake));
        const goOn = wait.asked.caller.idle();
        await woken;
        goOn();
      } finally {
        for (const cancel of cancels) cancel();
      }
      if (wait.end === 'left') return nothing;
      // One change may wake thousands.
      if (!scheduler.free()) await scheduler.next();
    }
  };

  const waitFor = async (get: Get, request: GetRequest, asked: Wait): Promise<TextAnswer> => {
    const first = await get(request);
    if (asked.caller.isGone() || !isKnown(request, first)) return first;
    const giveBack = places.take();
    const wait = new KeyWait(asked);
    waits.add(wait);
    asked.caller.onGone(() => wait.stop('left'));
    const most = drain.draining ? Math.min(asked.milliseconds, longestWhileDraining) : asked.milliseconds;
    const cancelDeadline = clock.after(most, () => wait.stop('timeout'));
    let outcome: End | 'changed' | 'failed' = 'failed';
    try {
      const answer = await spans.own('wait-for-change', () => watchKey(get, request, wait));
      outcome = isKnown(request, answer) ? (wait.end ?? 'failed') : 'changed';
      // Its client goes on elsewhere.
      return drain.draining ? withHeaders(answer, ['Connection', 'close']) : answer;
    } finally {
      if (isRevoked(wait)) outcome = 'revoked';
      cancelDeadline();
      waits.delete(wait);
      giveBack();
      ended.inc({ outcome });
    }
  };
  return (get) => (request) => (request.wait === undefined ? get(request) : waitFor(get, request, request.wait));
}

function revoked(): Problem {
  const headers = challenge('invalid_token');
  return new Problem('unauthorized', 'The token is not in force any more.', { headers });
}

/** For a client that has gone. */
const nothing = emptyAnswer(304);

/** The answer shows what the client knows: what it holds, or that there is no such key when it holds nothing. */
function isKnown({ heldTag }: GetRequest, { status }: TextAnswer): boolean {
  return status === 304 || (status === 404 && heldTag === undefined);
}

function waitMetrics(registry: Registry, waits: ReadonlySet<KeyWait>): Counter<'outcome'> {
  observedGauge(registry, 'kvstore_waiting_reads', 'Reads that wait for a change of their key.', () => waits.size);
  const ended = new Counter({
    name: 'kvstore_waiting_reads_ended_total',
    help: 'Reads that waited for a change of their key, by what ended the wait.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['changed', 'timeout', 'left', 'shutdown', 'revoked', 'failed']) ended.inc({ outcome }, 0);
  return ended;
}
