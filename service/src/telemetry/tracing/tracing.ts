/** What traces are to the rest of the service. */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Interceptor } from '@grpc/grpc-js';
import type { Spans } from '../../store/spans.ts';
import type { ExportHealthParts } from './export/export-health.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Whether what a request says of its trace is believed: else any client could have its requests recorded. */
export type Trusts = (request: IncomingMessage) => boolean;

export interface Tracing {
  readonly spans: Spans;
  /** For the channels to etcd: calls made for a sampled request get a span, and carry its trace. */
  readonly interceptors: readonly Interceptor[];
  /** Decides which requests are sampled, and gives those a server span; it continues the trace of a trusted caller. */
  requests(trusts: Trusts, listener: RequestListener): RequestListener;
  /** What a log line written during a sampled request says of its trace. */
  logFields(): object;
  /** From now on it is logged and counted when spans cannot be sent. */
  report(parts: ExportHealthParts): void;
  /** Sends what is left, for 5 s at the most. */
  shutdown(): Promise<void>;
}
