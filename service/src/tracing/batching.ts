/**
 * How many spans wait to be sent, and how long: what the OTEL_BSP_ variables say of the SDK's batches
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor). Here they wait
 * before they are handed to the SDK, because as its spans they are many times as large.
 */
import type { Env } from '../tracing.ts';

export interface Batching {
  /** Ended spans that are handed over at once. */
  readonly most: number;
  /** Milliseconds after which fewer are. */
  readonly longest: number;
}

/** Without the variables, or with what the SDK would not take: the standard's 512 spans and 5 s. */
export function readBatching(env: Env): Batching {
  return {
    most: Math.ceil(positive(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE) ?? 512),
    longest: positive(env.OTEL_BSP_SCHEDULE_DELAY) ?? 5000,
  };
}

/** For the SDK, which gets spans when they have waited already. */
export function withoutWait(env: Env): Env {
  return { ...env, OTEL_BSP_SCHEDULE_DELAY: '1' };
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return number > 0 && number < Number.POSITIVE_INFINITY ? number : undefined;
}
