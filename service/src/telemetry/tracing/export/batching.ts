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

/** Spans that the sending thread has not read yet; more are dropped, as the SDK drops what its own queue cannot hold. */
export const mostUnread = 8192;
/** Milliseconds; to Node a longer wait is none. */
const longestTimer = 2 ** 31 - 1;

/** Without the variables, or with what is no positive number: what the standard gives, 512 spans and 5 s. */
export function readBatching(env: Env): Batching {
  const batch = positive(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE) ?? 512;
  const queue = positive(env.OTEL_BSP_MAX_QUEUE_SIZE) ?? 2048;
  return {
    // More would be dropped, however idle the thread is.
    most: Math.ceil(Math.min(batch, queue, mostUnread)),
    longest: Math.min(positive(env.OTEL_BSP_SCHEDULE_DELAY) ?? 5000, longestTimer),
  };
}

/** For the SDK, which gets spans when they have waited already: it sends them when it is told to, as one batch. */
export function inOneBatch(env: Env): Env {
  const most = String(mostUnread + 1);
  const never = String(longestTimer);
  return {
    ...env,
    OTEL_BSP_SCHEDULE_DELAY: never,
    OTEL_BSP_MAX_QUEUE_SIZE: most,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: most,
  };
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return number > 0 && number < Number.POSITIVE_INFINITY ? number : undefined;
}
