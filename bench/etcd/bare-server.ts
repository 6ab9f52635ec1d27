/** The etcd store behind the least of HTTP: what the store itself can do, without the service's HTTP layer. */
import { createServer } from 'node:http';
import { Registry } from 'prom-client';
import { openEtcdStore } from '../../service/src/store/etcd/etcd-store.ts';
import { etcdDefaults } from '../../service/src/store/etcd/options.ts';
import { storeMetrics } from '../../service/src/store/store-metrics.ts';

const { KV_ETCD_ENDPOINTS = '', KV_DATA_DIR = '', KV_PORT = '0' } = process.env;
const registry = new Registry();
const store = await openEtcdStore({
  ...etcdDefaults,
  endpoints: KV_ETCD_ENDPOINTS.split(','),
  dataDir: KV_DATA_DIR,
  registry,
  metrics: storeMetrics(registry),
  log: { info() {}, warn: console.error, error: console.error },
});

const server = createServer(async (request, response) => {
  const url = request.url ?? '';
  const send = (status: number, text: string) => {
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  };
  try {
    if (url.startsWith('/get/')) {
      await store.barrier();
      const entry = store.get(url.slice(5));
      send(entry === undefined ? 404 : 200, entry?.value ?? '');
    } else if (url === '/set') {
      let body = '';
      for await (const chunk of request) body += chunk;
      const pairs = Object.entries(JSON.parse(body)).map(([key, value]) => ({ key, value: JSON.stringify(value) }));
      await store.set(pairs);
      send(200, body);
    } else if (url === '/metrics') send(200, await registry.metrics());
    else send(store.notReady() === undefined ? 200 : 503, '');
  } catch (error) {
    send(503, String(error));
  }
});
server.listen(Number(KV_PORT), '127.0.0.1');
