/** Traces, when the standard OTEL_ variables ask for them; otherwise nothing of the SDK is even loaded. */
import type { RequestListener } from 'node:http';
import type { Interceptor } from '@grpc/grpc-js';
import type { Spans } from './store/spans.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Tracing {
  readonly spans: Spans;
  /** For the channels to etcd: calls made for a sampled request get a span, and carry its trace. */
  readonly interceptors: readonly Interceptor[];
  /** Decides which requests are sampled, and gives those a server span that continues the caller's trace. */
  requests(listener: RequestListener): RequestListener;
  /** What a log line written during a sampled request says of its trace. */
  logFields(): object;
  /** Sends what is left. */
  shutdown(): Promise<void>;
}

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
