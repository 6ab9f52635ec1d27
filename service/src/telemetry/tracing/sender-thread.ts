/** The thread that encodes spans and sends them, as the SDK does. */
import { parentPort } from 'node:worker_threads';
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { readSampling } from './sampling.ts';
import type { SpanRecord } from './span-record.ts';
import { GivenIds, writeSpan } from './span-writer.ts';

const ids = new GivenIds();
const sdk = new NodeSDK({
  serviceName: process.env.OTEL_SERVICE_NAME ?? 'kvstore',
  sampler: readSampling(process.env).sampler,
  idGenerator: ids,
  instrumentations: [],
  // Traces only: metrics are scraped, and logs go to the standard output.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();
const tracer = trace.getTracer('kvstore');

/** Records as JSON; undefined: no more will come. */
parentPort?.on('message', async (message: string | undefined) => {
  if (message === undefined) {
    await sdk.shutdown().catch(() => {});
    parentPort?.close();
  } else {
    const records: readonly SpanRecord[] = JSON.parse(message);
    for (const record of records) writeSpan(tracer, ids, record);
    parentPort?.postMessage(records.length);
  }
});
