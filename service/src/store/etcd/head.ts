/** Reads of the head key. */
import { tokenOf } from './changes.ts';
import type { EtcdClient } from './client.ts';
import type { Layout } from './layout.ts';
import type { HeadRead } from './replica.ts';
import type { RangeRequest, RangeResponse } from './wire/messages.ts';

/** At `revision`, or now: then linearizable. Throws EtcdCallError. */
export async function readHead(client: EtcdClient, { head }: Layout, timeout: number, revision = 0): Promise<HeadRead> {
  const request: RangeRequest = { key: head, revision };
  const response = await client.callLeader<RangeResponse>('range', request, timeout);
  const [kv] = response.kvs;
  return {
    revision: kv?.mod_revision ?? 0,
    token: kv === undefined ? '' : tokenOf(kv.value),
    clusterId: response.header.cluster_id,
    storeRevision: response.header.revision,
  };
}
