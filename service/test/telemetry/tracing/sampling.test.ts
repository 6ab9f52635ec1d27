import { ROOT_CONTEXT, type SpanContext, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import test from 'ava';
import { readSampling } from '../../../src/telemetry/tracing/sampling.ts';

/** A ratio takes ids that are small: of these one nearly always, one hardly ever. */
const small = '00000000000000000000000000000001';
const large = '000000000000000000000000fffffff0';

/** What becomes of a request of this caller. */
function decide(
  env: Record<string, string>,
  { traceId, traceFlags }: Pick<SpanContext, 'traceId' | 'traceFlags'>,
): boolean {
  const { ofCallers } = readSampling(env);
  const span = { spanId: 'b7ad6b7169203331', isRemote: true, traceFlags, traceId };
  const context = trace.setSpanContext(ROOT_CONTEXT, span);
  const { decision } = ofCallers.shouldSample(context, traceId, 'GET', SpanKind.SERVER, {}, []);
  return decision === tracing.SamplingDecision.RECORD_AND_SAMPLED;
}

const cases: [name: string | undefined, arg: string | undefined, rootRatio: number, followsCaller: boolean][] = [
  [undefined, undefined, 1, true],
  ['', '', 1, true],
  ['always_on', undefined, 1, false],
  ['always_off', undefined, 0, false],
  ['traceidratio', '0.25', 0.25, false],
  ['traceidratio', undefined, 1, false],
  ['parentbased_always_on', '0.5', 1, true],
  ['parentbased_always_off', undefined, 0, true],
  ['parentbased_traceidratio', '0.01', 0.01, true],
];

for (const [name, arg, rootRatio, followsCaller] of cases) {
  test(`the sampler ${JSON.stringify(name)} with ${JSON.stringify(arg)}`, (t) => {
    const env = {
      ...(name === undefined ? {} : { OTEL_TRACES_SAMPLER: name }),
      ...(arg === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: arg }),
    };
    t.is(readSampling(env).rootRatio, rootRatio);
    for (const traceFlags of [TraceFlags.SAMPLED, TraceFlags.NONE]) {
      const caller = traceFlags === TraceFlags.SAMPLED;
      for (const traceId of [small, large]) {
        const byId = rootRatio === 1 || (rootRatio > 0 && traceId === small);
        t.is(decide(env, { traceId, traceFlags }), followsCaller ? caller : byId);
      }
    }
  });
}

test('what is no sampler is refused by name', (t) => {
  t.throws(() => readSampling({ OTEL_TRACES_SAMPLER: 'sometimes' }), { message: /OTEL_TRACES_SAMPLER is .*sometimes/ });
  for (const arg of ['2', '-1', 'much', 'NaN']) {
    const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: arg };
    t.throws(() => readSampling(env), { message: /OTEL_TRACES_SAMPLER_ARG is a number from 0 to 1/ });
  }
});
