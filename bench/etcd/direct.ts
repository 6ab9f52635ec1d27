/** The baseline: the same calls made directly with the etcd client, one call an operation. */
import { Etcd3 } from 'etcd3';

export interface Direct {
  read(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  close(): void;
}

export function direct(hosts: readonly string[]): Direct {
  const client = new Etcd3({ hosts: [...hosts] });
  return {
    // Linearizable, as etcd reads are by default.
    read: (key) => client.kv.range({ key: Buffer.from(key) }),
    set: (key, value) => client.kv.put({ key: Buffer.from(key), value: Buffer.from(value) }),
    close: () => client.close(),
  };
}
