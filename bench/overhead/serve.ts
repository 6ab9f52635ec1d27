/** Services as main makes them, where one process needs several, or one without something. */
import pino from 'pino';
import type { Registry } from 'prom-client';
import { readConfig } from '../../service/src/config.ts';
import { createService } from '../../service/src/service.ts';
import type { Store } from '../../service/src/store/store.ts';
import type { HttpMetrics } from '../../service/src/telemetry/http-metrics.ts';
import type { Tracing } from '../../service/src/telemetry/tracing/tracing.ts';

export interface ServeOptions {
  readonly port: number;
  readonly store: Store;
  readonly metrics: HttpMetrics;
  readonly registry: Registry;
  readonly tracing?: Tracing | undefined;
}

export const config = readConfig(process.env);

export async function serve({ port, ...parts }: ServeOptions): Promise<void> {
  const log = pino({ level: config.logLevel });
  await createService({ ...config, port, docs: false, ui: false }, { ...parts, log, version: '0.0.0' });
}
