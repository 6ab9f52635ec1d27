/** A store whose work for sampled requests shows as spans. Wrapped around a store only when traces are on. */
import { SpanKind, type Tracer } from '@opentelemetry/api';
import type { Spans } from '../store/spans.ts';
import type { Store } from '../store/store.ts';
import { recordFailure } from './spans.ts';

export function traceStore(store: Store, tracer: Tracer, spans: Spans): Store {
  /** A span for work that takes time. What is done at once (a barrier that has nothing to wait for) shows none. */
  function span<T extends Promise<unknown> | undefined>(name: string, work: () => T): T {
    // Without this, what belongs to no sampled request would become a trace of its own.
    if (spans.current() === undefined) return work();
    return tracer.startActiveSpan(name, { kind: SpanKind.INTERNAL }, (active) => {
      const result = work();
      // A span that is never ended is never sent.
      result?.then(
        () => active.end(),
        (error: unknown) => {
          recordFailure(active, error);
          active.end();
        },
      );
      return result;
    });
  }
  return {
    // What is read from the index takes microseconds: less than to say so.
    get: (key) => store.get(key),
    set: (pairs, options) => span('store.set', () => store.set(pairs, options)),
    delete: (keys, condition) => span('store.delete', () => store.delete(keys, condition)),
    watch: (after, on) => store.watch(after, on),
    barrier: () => span('store.barrier', () => store.barrier()),
    snapshot: () => store.snapshot(),
    keys: (filter) => store.keys(filter),
    search: (filter) => store.search(filter),
    few: (by, text, most) => store.few(by, text, most),
    pairs: (filter) => store.pairs(filter),
    expires: (key) => store.expires(key),
    hasExpired: () => store.hasExpired(),
    revision: () => store.revision(),
    notReady: () => store.notReady(),
    close: () => store.close(),
  };
}
