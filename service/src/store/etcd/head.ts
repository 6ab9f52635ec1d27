/** Reads of the head key. */
import type { IRangeResponse } from 'etcd3';
import { tokenOf } from './changes.ts';
import type { EtcdClient } from './client.ts';
import type { Layout } from './layout.ts';
import type { HeadRead } from './replica.ts';

/** At `revision`, or now: then linearizable. Throws EtcdCallError. */
export async function readHead(client: EtcdClient, { head }: Layout, timeout: number, revision = 0): Promise<HeadRead> {
  const response = await client.call<IRangeResponse>('KV', 'range', { key: head, revision }, timeout);
  const [kv] = response.kvs;
  return {
    revision: Number(kv?.mod_revision ?? 0),
    token: kv === undefined ? '' : tokenOf(kv.value),
    clusterId: response.header.cluster_id,
    storeRevision: Number(response.header.revision),
  };
}
