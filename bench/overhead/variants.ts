/** The services that are compared, each a process on the first core with an embedded store of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test-support/free-ports.ts';
import { waitFor } from '../../test-support/wait-for.ts';

export const variants = ['no metrics', 'metrics', 'metrics, 1% traces', 'metrics, all traces'] as const;
export type Variant = (typeof variants)[number];

export interface Running {
  readonly variant: Variant;
  readonly port: number;
  readonly url: string;
  /** Seconds that its process has computed. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../service/src/main.ts', import.meta.url));
const withoutMetrics = fileURLToPath(new URL('without-metrics.ts', import.meta.url));

/** @param sink where traces are sent */
export async function startVariant(variant: Variant, sink: string): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-overhead-'));
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env.PATH,
    KV_PORT: String(port),
    KV_DATA_DIR: folder,
    KV_LOG_LEVEL: 'fatal',
    ...tracesOf(variant, sink),
  };
  const script = variant === 'no metrics' ? withoutMetrics : main;
  const child = spawn('taskset', ['-c', '0', process.execPath, script], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(`the service (${variant}) answers`, async () => (await fetch(`${url}/livez`)).ok);
    return { variant, port, url, cpuSeconds: () => cpuSecondsOf(child.pid ?? 0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
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

/** User and system time, all threads (proc(5): fields 14 and 15, in hundredths of a second). */
function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
