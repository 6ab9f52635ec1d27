/** What traces are to the rest of the service. */
import type { RequestListener } from 'node:http';
import type { Interceptor } from '@grpc/grpc-js';
import type { Spans } from '../../store/spans.ts';
import type { ExportHealthParts } from './export-health.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Tracing {
  readonly spans: Spans;
  /** For the channels to etcd: calls made for a sampled request get a span, and carry its trace. */
  readonly interceptors: readonly Interceptor[];
  /** Decides which requests are sampled, and gives those a server span that continues the caller's trace. */
  requests(listener: RequestListener): RequestListener;
  /** What a log line written during a sampled request says of its trace. */
  logFields(): object;
  /** From now on it is logged and counted when spans cannot be sent. */
  report(parts: ExportHealthParts): void;
  /** Sends what is left, for 5 s at the most. */
  shutdown(): Promise<void>;
}
