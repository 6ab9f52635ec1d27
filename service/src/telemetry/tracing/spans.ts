/** The spans of a store's work, as they are recorded. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { Spans } from '../../store/spans.ts';
import type { RecordedSpan } from './recorded-span.ts';
import type { Recorder } from './recorder.ts';

export interface RecordedSpans extends Spans {
  current(): RecordedSpan | undefined;
  /** Does something that is a part of the span, and whatever that begins. */
  within<T>(span: RecordedSpan, work: () => T): T;
}

export function createSpans(recorder: Recorder): RecordedSpans {
  const running = new AsyncLocalStorage<RecordedSpan>();
  const current = () => {
    const span = running.getStore();
    return span?.recording ? span : undefined;
  };
  const within = <T>(span: RecordedSpan, work: () => T) => running.run(span, work);
  return {
    current,
    within,
    bind(work) {
      const span = current();
      // Not AsyncLocalStorage.bind: to make its resource takes ten times as long as to enter the span when it is called.
      return span === undefined ? work : (...given) => within(span, () => work(...given));
    },
    own(name, work) {
      const parent = current();
      // Without this, what belongs to no sampled request would become a trace of its own.
      if (parent === undefined) return work();
      return finished(recorder.begin(name, SpanKind.INTERNAL, parent), (span) => within(span, work));
    },
    async shared(name, served, sampled, work) {
      const requests = sampled();
      const [first] = requests;
      if (first === undefined) return work();
      // What the first one carried is not the others'.
      const span = recorder.begin(name, SpanKind.INTERNAL, { ids: first.ids, carried: ROOT_CONTEXT });
      span.setAttribute('kvstore.requests', served);
      for (const request of requests) span.link(request.ids);
      for (const request of requests.slice(1)) request.link(span.ids);
      return finished(span, () => within(span, work));
    },
  };
}

/** A span that is never finished is never sent. */
async function finished<T>(span: RecordedSpan, work: (span: RecordedSpan) => Promise<T>): Promise<T> {
  try {
    return await work(span);
  } catch (error) {
    span.failBecause(error);
    throw error;
  } finally {
    span.finish();
  }
}
