/**
 * Which requests are sampled: the samplers that OTEL_TRACES_SAMPLER names
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). The SDK's own make a trace id,
 * attributes and a span before they say no, which costs a twentieth of a read. So a request without a parent is decided
 * by a random number; the SDK's sampler decides about a caller's trace.
 */
import { tracing } from '@opentelemetry/sdk-node';
import type { Env } from './tracing.ts';

export interface Sampling {
  /** The part of the requests without a parent that is sampled, 0 to 1. */
  readonly rootRatio: number;
  /** Decides about a request whose caller names a trace. */
  readonly ofCallers: tracing.Sampler;
}

/** What the specification gives for a variable that is not set. */
const standard = 'parentbased_always_on';

/** Throws an Error that names the variable and what it may be. */
export function readSampling(env: Env): Sampling {
  const name = env.OTEL_TRACES_SAMPLER || standard;
  const [, parentBased, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? [];
  if (kind === undefined) {
    throw new Error(
      `OTEL_TRACES_SAMPLER is always_on, always_off, traceidratio, or one of them behind parentbased_; not ${name}.`,
    );
  }
  const rootRatio = kind === 'traceidratio' ? ratioOf(env.OTEL_TRACES_SAMPLER_ARG) : Number(kind === 'always_on');
  const byId = new tracing.TraceIdRatioBasedSampler(rootRatio);
  return { rootRatio, ofCallers: parentBased === undefined ? byId : new tracing.ParentBasedSampler({ root: byId }) };
}

function ratioOf(text: string | undefined): number {
  if (text === undefined || text === '') return 1;
  const ratio = Number(text);
  if (!(ratio >= 0 && ratio <= 1)) throw new Error(`OTEL_TRACES_SAMPLER_ARG is a number from 0 to 1; it is ${text}.`);
  return ratio;
}
