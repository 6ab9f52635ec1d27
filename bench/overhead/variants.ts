/** The services that are compared, each a process on the servers' core with an embedded store of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test-support/free-ports.ts';
import { type PinnedServer, startServer } from '../pinned.ts';

export type Variant = 'no metrics' | 'metrics' | 'metrics, 1% traces' | 'metrics, all traces';

const main = fileURLToPath(new URL('../../service/src/main.ts', import.meta.url));
const withoutMetrics = fileURLToPath(new URL('without-metrics.ts', import.meta.url));

/**
 * @param sink where traces are sent
 * @param ending ends it and removes its data
 */
export async function startVariant(
  variant: Variant,
  sink: string,
  ending: AsyncDisposableStack,
): Promise<PinnedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-overhead-'));
  ending.defer(() => rm(folder, { recursive: true, force: true }));
  const [port = 0] = await freePorts(1);
  const args = [variant === 'no metrics' ? withoutMetrics : main];
  const settings = { KV_PORT: String(port), KV_DATA_DIR: folder, KV_LOG_LEVEL: 'fatal' };
  const env = { ...settings, ...tracesOf(variant, sink) };
  return ending.use(await startServer({ command: process.execPath, args, env, port }));
}

function tracesOf(variant: Variant, sink: string): Record<string, string> {
  const share = { 'metrics, 1% traces': '0.01', 'metrics, all traces': '1' }[variant as string];
  if (share === undefined) return {};
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: share,
  };
}
