/** Services as the composition root makes them, where one process needs several, or one without something. */
import pino from 'pino';
import type { Registry } from 'prom-client';
import { readConfig } from '../../service/src/config.ts';
import { Drain } from '../../service/src/http/drain.ts';
import { createHandler } from '../../service/src/http/handler.ts';
import type { HttpMetrics } from '../../service/src/http/http-metrics.ts';
import { listen } from '../../service/src/http/server.ts';
import { Turns } from '../../service/src/http/turns.ts';
import type { Store } from '../../service/src/store/store.ts';
import type { Tracing } from '../../service/src/tracing.ts';

export interface ServeOptions {
  readonly port: number;
  readonly store: Store;
  readonly metrics: HttpMetrics;
  readonly registry: Registry;
  readonly tracing?: Tracing | undefined;
}

export const config = readConfig(process.env);

export async function serve({ port, ...parts }: ServeOptions): Promise<void> {
  const drain = new Drain();
  const turns = new Turns();
  const handler = createHandler({
    ...parts,
    drain,
    turns,
    log: pino({ level: config.logLevel }),
    maxBody: config.maxBody,
    answerCache: config.answerCache,
    dumpCache: config.dumpCache,
    maxWait: config.maxWait,
    watches: { maxWatches: 0, heartbeat: 1000, maxBacklog: 1, stallTimeout: 1000 },
    streams: { maxStreams: config.maxStreams, stallTimeout: config.stallTimeout },
    version: '0.0.0',
    pages: { docs: false, ui: false },
  });
  const events = { onProblem: parts.metrics.refused, onConnection: () => turns.arrived() };
  await listen(handler, drain, { ...config, port, requestTimeout: config.bodyTimeout, ...events });
}
