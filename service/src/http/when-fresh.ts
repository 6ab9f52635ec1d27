/** The beginning that all hot reads share: answered once the index is as new as the request. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Store } from '../store/store.ts';

/** Barriers that a request has waited for already: its route need not wait for another. */
export type Waited = WeakMap<IncomingMessage, Promise<void>>;

export interface WhenFreshOptions {
  readonly store: Store;
  readonly waited: Waited;
  /** Serves what cannot be made fresh in time, and what has no answer after all. */
  readonly rest: RequestListener;
}

/** False: it is not the plain case after all, and nothing was sent. */
export type AnswerNow<T> = (asked: T, response: ServerResponse) => boolean;

export function whenFresh<T>(
  { store, waited, rest }: WhenFreshOptions,
  answer: AnswerNow<T>,
): (asked: T, request: IncomingMessage, response: ServerResponse) => void {
  const go = (asked: T, request: IncomingMessage, response: ServerResponse) => {
    let answered = false;
    try {
      answered = answer(asked, response);
    } catch {
      // Damage on the disk: the route meets it too, and says so.
    }
    if (!answered) rest(request, response);
  };
  return (asked, request, response) => {
    const fresh = store.barrier();
    if (fresh === undefined) return go(asked, request, response);
    waited.set(request, fresh);
    fresh.then(
      () => go(asked, request, response),
      () => rest(request, response),
    );
  };
}
