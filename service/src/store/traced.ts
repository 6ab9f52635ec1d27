/** A store whose work shows as spans. Wrapped around a store only when traces are on. */
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { Store } from './store.ts';

export function traced(store: Store, tracer: Tracer): Store {
  function span<T>(name: string, work: () => T): T {
    return tracer.startActiveSpan(name, { kind: SpanKind.INTERNAL }, (active) => {
      const failed = (error: unknown) => {
        active.recordException(error instanceof Error ? error : String(error));
        active.setStatus({ code: SpanStatusCode.ERROR });
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
    set: (pairs, options) => span('store.set', () => store.set(pairs, options)),
    delete: (keys, condition) => span('store.delete', () => store.delete(keys, condition)),
    watch: (after, on) => store.watch(after, on),
    barrier: () => span('store.barrier', () => store.barrier()),
    snapshot: () => span('store.snapshot', () => store.snapshot()),
    keys: (filter) => store.keys(filter),
    pairs: (filter) => store.pairs(filter),
    expires: (key) => store.expires(key),
    hasExpired: () => store.hasExpired(),
    revision: () => store.revision(),
    notReady: () => store.notReady(),
    close: () => store.close(),
  };
}
