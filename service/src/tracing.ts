/** Traces, when the standard OTEL_ variables ask for them; otherwise nothing of it is even loaded. */

type Env = Readonly<Record<string, string | undefined>>;

export interface Tracing {
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

/** Starts the SDK; call it before anything that loads node:http. The exporter and sampler follow the OTEL_ variables. */
export async function startTracing(env: Env): Promise<Tracing> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  const quiet = new Set(['/livez', '/readyz', '/metrics']);
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME ?? 'kvstore',
    instrumentations: [
      new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => quiet.has(request.url ?? '') }),
    ],
  });
  sdk.start();
  return { shutdown: () => sdk.shutdown() };
}
