/**
 * The baseline: the same calls made directly to etcd, one call an operation. gRPC's own client with the client that
 * @grpc/proto-loader makes of a .proto file: what an application gets that follows gRPC's documentation for Node.
 */
import { fileURLToPath } from 'node:url';
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface Direct {
  read(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  close(): void;
}

type Unary = (request: object, callback: (error: Error | null, response: unknown) => void) => void;
type Kv = Client & { readonly range: Unary; readonly put: Unary };

/** Calls go to the members in turn. */
export function direct(hosts: readonly string[]): Direct {
  const schema = fileURLToPath(new URL('../../etcd/src/etcd.proto', import.meta.url));
  const { etcdserverpb } = loadPackageDefinition(loadSync(schema, { keepCase: true, longs: String }));
  const { KV } = etcdserverpb as unknown as { readonly KV: ServiceClientConstructor };
  const clients = hosts.map((host) => new KV(new URL(host).host, credentials.createInsecure()) as unknown as Kv);
  let calls = 0;
  const call = (method: 'range' | 'put', request: object) => {
    const client = clients[calls++ % clients.length] as Kv;
    return new Promise((resolve, reject) => {
      client[method](request, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  };
  return {
    // Linearizable, as etcd reads are by default.
    read: (key) => call('range', { key: Buffer.from(key) }),
    set: (key, value) => call('put', { key: Buffer.from(key), value: Buffer.from(value) }),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

export async function succeeds(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
