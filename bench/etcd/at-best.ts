/**
 * The least that can answer sets from etcd as the service does: node:http, and the store's writer, which puts what many
 * requests set into one transaction. No replica to keep up, no watch, no checks of what is sent, no metrics or limits of HTTP.
 */
import { createServer } from 'node:http';
import { Registry } from 'prom-client';
import { systemClock as clock } from '../../service/src/store/clock.ts';
import { EtcdClient } from '../../service/src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../service/src/store/etcd/etcd-metrics.ts';
import { layout } from '../../service/src/store/etcd/layout.ts';
import { etcdDefaults } from '../../service/src/store/etcd/options.ts';
import { writerOfSets } from '../../service/src/store/etcd/write/sets.ts';
import { WriteNonces } from '../../service/src/store/etcd/write/write-nonces.ts';
import { noSpans } from '../../service/src/store/spans.ts';

const { KV_ETCD_ENDPOINTS = '', KV_ETCD_MAX_TXN_OPS = '', KV_PORT = '' } = process.env;
const { prefix, maxRequestBytes, requestTimeout } = etcdDefaults;
const registry = new Registry();
const metrics = etcdMetrics(registry, { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
const writer = writerOfSets({
  client: new EtcdClient({ endpoints: KV_ETCD_ENDPOINTS.split(',') }, clock, metrics),
  layout: layout(prefix),
  limits: { maxTxnOps: Number(KV_ETCD_MAX_TXN_OPS), maxRequestBytes },
  nonces: new WriteNonces(),
  timeline: () => '00000000',
  acknowledgements: { confirm: (request) => ({ request, written: () => undefined, found: () => undefined }) },
  spans: noSpans,
  ...{ clock, metrics, requestTimeout },
});
const none: ReadonlySet<string> = new Set();

const server = createServer((request, response) => {
  if (request.method === 'GET') return void registry.metrics().then((text) => response.end(text));
  // What the bench sends comes in one piece.
  request.once('data', async (chunk: Buffer) => {
    const body = chunk.toString('latin1');
    const [, key = '', value = ''] = /^\{"([^"]*)":(.*)\}$/.exec(body) ?? [];
    try {
      const values = new Map([[key, Buffer.from(value)]]);
      await writer.write({ values, lease: undefined, doubtful: none, deletes: false }, clock.now() + requestTimeout);
      response.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', String(body.length)]);
      response.end(body, 'latin1');
    } catch (error) {
      response.writeHead(503).end(String(error));
    }
  });
});
server.listen(Number(KV_PORT), '127.0.0.1');
