/** Ids of spans and traces, made many at a time: a generator that is asked now and then has always left the processor's caches. */
import { tracing } from '@opentelemetry/sdk-node';

const atOnce = 256;

export class Ids {
  readonly #generator = new tracing.RandomIdGenerator();
  readonly #spans: string[] = [];
  readonly #traces: string[] = [];

  nextSpan(): string {
    return this.#spans.pop() ?? refill(this.#spans, this.#generator.generateSpanId);
  }

  nextTrace(): string {
    return this.#traces.pop() ?? refill(this.#traces, this.#generator.generateTraceId);
  }
}

/** Returns one more. */
function refill(ids: string[], generate: () => string): string {
  for (let i = 0; i < atOnce; i++) ids.push(generate());
  return generate();
}
