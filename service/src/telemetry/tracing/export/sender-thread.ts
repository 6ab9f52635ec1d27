/** The thread that encodes spans and sends them, as the SDK does, and says whether they arrived. */
import { parentPort } from 'node:worker_threads';
import { DiagLogLevel, diag, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { serviceNameOf } from '../service-name.ts';
import type { SenderMessage } from './sender.ts';
import type { SpanRecord } from './span-record.ts';
import { GivenIds, writeSpan } from './span-writer.ts';

const say = (message: SenderMessage) => parentPort?.postMessage(message);
const ids = new GivenIds();
// A user who sets OTEL_LOG_LEVEL gets the SDK's own output.
if (process.env.OTEL_LOG_LEVEL === undefined) listenToSdk();
const sdk = new NodeSDK({
  serviceName: serviceNameOf(process.env),
  // What gets here has been chosen.
  sampler: new tracing.AlwaysOnSampler(),
  idGenerator: ids,
  instrumentations: [],
  // Traces only: metrics are scraped, and logs go to the standard output.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();
const tracer = trace.getTracer('kvstore');
let sending: Promise<void> = Promise.resolve();

/** Records as JSON; undefined: no more will come. */
parentPort?.on('message', (message: string | undefined) => {
  sending = sending.then(() => (message === undefined ? end() : send(JSON.parse(message))));
});

/** One batch after the other: each is known to have arrived, or not. */
async function send(records: readonly SpanRecord[]): Promise<void> {
  for (const record of records) writeSpan(tracer, ids, record);
  const failure = await flush();
  say({ kind: 'done', spans: records.length, failure });
}

/** Undefined: what was written has arrived. */
async function flush(): Promise<string | undefined> {
  const provider = trace.getTracerProvider();
  const given = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if (!('forceFlush' in given)) return 'no exporter of traces could be made from the settings';
  try {
    await (given as { forceFlush(): Promise<void> }).forceFlush();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function end(): Promise<void> {
  await sdk.shutdown().catch(() => {});
  parentPort?.close();
}

/** The SDK's warnings about settings; what it says of failed batches is reported with the batch. */
function listenToSdk(): void {
  const warn = (text: string, ...more: unknown[]) => {
    say({ kind: 'warning', text: [text, ...more.map(messageOf)].join(' ') });
  };
  const nothing = () => {};
  const logger = { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** Of several errors at once, such as those of each address of a name, the first. */
function messageOf(error: unknown): string {
  const one = Array.isArray(error) ? error[0] : error instanceof AggregateError ? error.errors[0] : error;
  return one instanceof Error ? one.message || one.name : String(one);
}
