/** Ids of spans and traces, made many at a time: a generator that is asked now and then has always left the processor's caches. */
import { tracing } from '@opentelemetry/sdk-node';

const atOnce = 256;
const generator = new tracing.RandomIdGenerator();

export const nextSpanId = ahead(() => generator.generateSpanId());
export const nextTraceId = ahead(() => generator.generateTraceId());

function ahead(generate: () => string): () => string {
  const ids: string[] = [];
  return () => {
    if (ids.length === 0) for (let i = 0; i < atOnce; i++) ids.push(generate());
    return ids.pop() as string;
  };
}
