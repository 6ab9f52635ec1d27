/** As much of a Kubernetes API server as the operator needs to start: there is nothing in the cluster, and nothing happens. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EmptyCluster {
  /** A kubeconfig, as JSON, which is YAML. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** Listens on loopback. */
export async function emptyCluster(): Promise<EmptyCluster> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: JSON.stringify({
      clusters: [{ name: 'empty', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'anonymous', user: {} }],
      contexts: [{ name: 'empty', context: { cluster: 'empty', user: 'anonymous' } }],
      'current-context': 'empty',
    }),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  response.setHeader('Content-Type', 'application/json');
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://cluster');
  if (searchParams.has('watch')) {
    response.flushHeaders();
    return;
  }
  // What is written there, such as the Lease, is as it was sent.
  if (request.method !== 'GET') {
    response.end(Buffer.concat(pieces));
    return;
  }
  const isOne = /\/leases\/[^/]+$/.test(pathname);
  if (isOne) response.statusCode = 404;
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };
  const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };
  response.end(JSON.stringify(isOne ? status : list));
}
