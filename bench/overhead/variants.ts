/** The services that are compared, on the servers' core, each with an embedded store of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { startServer } from '../pinned.ts';
import type { Service } from './measure.ts';

export type Variant = 'no metrics' | 'metrics' | '1% traces' | 'all traces';

const main = programAt('../../service/src/main.ts');
const withoutMetrics = programAt('without-metrics.ts');
const twins = programAt('twins.ts');

/**
 * Each in a process of its own.
 * @param sink where traces are sent
 * @param ending ends it and removes its data
 */
export async function startVariant(variant: Variant, sink: string, ending: AsyncDisposableStack): Promise<Service> {
  const program = variant === 'no metrics' ? withoutMetrics : main;
  const [port = 0] = await freePorts(1);
  return start(program, port, tracesOf(variant, sink), ending);
}

/** A service with metrics and one with traces besides, in one process. */
export async function startTwins(variant: Variant, sink: string, ending: AsyncDisposableStack): Promise<Service[]> {
  const [port = 0, twin = 0] = await freePorts(2);
  // Spans go in full batches: the timer for others might end while the other one is loaded.
  const more = { TWIN_PORT: String(twin), OTEL_BSP_SCHEDULE_DELAY: '600000' };
  const { pids } = await start(twins, port, { ...tracesOf(variant, sink), ...more }, ending);
  return [port, twin].map((each) => ({ port: each, pids }));
}

async function start(
  program: string,
  port: number,
  settings: Readonly<Record<string, string>>,
  ending: AsyncDisposableStack,
): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-overhead-'));
  ending.defer(() => rm(folder, { recursive: true, force: true }));
  const env = { KV_PORT: String(port), KV_DATA_DIR: folder, KV_LOG_LEVEL: 'fatal', ...settings };
  return ending.use(await startServer({ command: process.execPath, args: [program], env, port }));
}

function tracesOf(variant: Variant, sink: string): Record<string, string> {
  const share = { '1% traces': '0.01', 'all traces': '1' }[variant as string];
  if (share === undefined) return {};
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: share,
  };
}

function programAt(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
