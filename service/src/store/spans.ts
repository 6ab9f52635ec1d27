/** How a store's work shows in traces: what many requests share is done once, and belongs to the traces of them all. */
import type { SpanContext } from '@opentelemetry/api';

/** A part of a trace, until it is finished. */
export interface Span {
  readonly ids: SpanContext;
  rename(name: string): void;
  setAttribute(name: string, value: string | number): void;
  /** Links another span that is related to it. */
  link(other: SpanContext): void;
  finish(): void;
}

export interface Spans {
  /** The span that the running request is in; undefined when the request is not sampled. */
  current(): Span | undefined;
  /** A function that belongs to the running request, whenever it is called; itself when the request is not sampled. */
  bind<T extends unknown[]>(work: (...given: T) => void): (...given: T) => void;
  /** Does what takes time for the running request in a span of its own; without one when it is not sampled. */
  own<T>(name: string, work: () => Promise<T>): Promise<T>;
  /**
   * Does what `served` requests share, in a span linked with those of them that are sampled, and they with it. It is
   * the child of the first one, so that at least that trace goes on to the calls that the work makes. Without any: no
   * span.
   */
  shared<T>(name: string, served: number, sampled: () => readonly Span[], work: () => Promise<T>): Promise<T>;
}

/** Those of the requests that are sampled: as a rule none, of many. */
export function spansOf(requests: readonly { readonly span: Span | undefined }[]): readonly Span[] {
  const found: Span[] = [];
  for (const { span } of requests) if (span !== undefined) found.push(span);
  return found;
}

/** While traces are off: nothing is asked, nothing is kept. */
export const noSpans: Spans = {
  current: () => undefined,
  bind: (work) => work,
  own: (_name, work) => work(),
  shared: (_name, _served, _sampled, work) => work(),
};
