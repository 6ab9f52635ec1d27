/** Traces, when the standard OTEL_ variables ask for them; otherwise nothing of the SDK is even loaded. */
import type { Env, Tracing } from './tracing/tracing.ts';

/** Whether an environment asks for traces (https://opentelemetry.io/docs/languages/sdk-configuration/). */
export function tracingAsked(env: Env): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return false;
  return [env.OTEL_TRACES_EXPORTER, env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some(
    (value) => value !== undefined && value !== '',
  );
}

/** Starts the SDK; exporter, sampler and propagators follow the OTEL_ variables. Throws when the sampler cannot be had. */
export async function startTracing(env: Env): Promise<Tracing> {
  const { startSdk } = await import('./tracing/start.ts');
  return startSdk(env);
}
