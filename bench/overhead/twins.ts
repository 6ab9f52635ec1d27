/**
 * Two services with embedded stores in one process, alike but for traces: none on KV_PORT, those that the environment asks
 * for on TWIN_PORT. Two processes of the same service differ by more than traces of a few requests cost; these run the
 * same compiled code in the same heap.
 */
import { join } from 'node:path';
import pino from 'pino';
import { openStore } from '../../service/src/store/open.ts';
import { noSpans } from '../../service/src/store/spans.ts';
import { httpMetrics } from '../../service/src/telemetry/http-metrics.ts';
import { createRegistry } from '../../service/src/telemetry/registry.ts';
import { startTracing } from '../../service/src/telemetry/start-tracing.ts';
import type { Tracing } from '../../service/src/telemetry/tracing/tracing.ts';
import { config, serve } from './serve.ts';

const traced = await startTracing(process.env);
await start(config.port, 'without', undefined);
await start(Number(process.env.TWIN_PORT), 'with', traced);

async function start(port: number, folder: string, tracing: Tracing | undefined): Promise<void> {
  const registry = createRegistry('0.0.0', process.version);
  const store = await openStore({
    config: { ...config, dataDir: join(config.dataDir, folder) },
    registry,
    log: pino({ level: config.logLevel }),
    spans: tracing?.spans ?? noSpans,
    interceptors: [],
  });
  await serve({ port, store, registry, metrics: httpMetrics(registry), tracing });
}
