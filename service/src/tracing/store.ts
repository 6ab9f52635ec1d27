/** A store whose work for sampled requests shows as spans. Wrapped around a store only when traces are on. */
import { SpanKind, type Tracer } from '@opentelemetry/api';
import type { Spans } from '../store/spans.ts';
import type { Store } from '../store/store.ts';
import { recordFailure } from './spans.ts';

export function traceStore(store: Store, tracer: Tracer, spans: Spans): Store {
  function span<T>(name: string, work: () => T): T {
    // Without this, what belongs to no sampled request would become a trace of its own.
    if (spans.current() === undefined) return work();
    return tracer.startActiveSpan(name, { kind: SpanKind.INTERNAL }, (active) => {
      const failed = (error: unknown) => {
        recordFailure(active, error);
        active.end();
      };
      try {
        const result = work();
        if (result instanceof Promise) {
          result.then(() => active.end(), failed);
        } else {
          active.end();
        }
        return result;
      } catch (error) {
        failed(error);
        throw error;
      }
    });
  }
  return {
    get: (key) => span('store.get', () => store.get(key)),
    set: (pairs) => span('store.set', () => store.set(pairs)),
    barrier: () => span('store.barrier', () => store.barrier()),
    snapshot: () => span('store.snapshot', () => store.snapshot()),
    keys: (filter) => store.keys(filter),
    pairs: (filter) => store.pairs(filter),
    revision: () => store.revision(),
    notReady: () => store.notReady(),
    close: () => store.close(),
  };
}
