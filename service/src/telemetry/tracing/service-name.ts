/** The name that traces are filed under. */
import type { Env } from './tracing.ts';

/**
 * OTEL_SERVICE_NAME, or `kvstore`. Undefined when OTEL_RESOURCE_ATTRIBUTES has a `service.name`: the SDK reads that one
 * itself. An empty variable counts as not set
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
export function serviceNameOf({ OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES = '' }: Env): string | undefined {
  if (OTEL_SERVICE_NAME) return OTEL_SERVICE_NAME;
  return /(^|,)\s*service\.name\s*=/.test(OTEL_RESOURCE_ATTRIBUTES) ? undefined : 'kvstore';
}
