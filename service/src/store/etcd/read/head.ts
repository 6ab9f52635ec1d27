/** The head key: every write transaction puts it. */
import type { EtcdClient } from '../connect/client.ts';
import type { Layout } from '../layout.ts';
import type { RangeRequest, RangeResponse } from '../wire/messages.ts';

/** A write of the head key: no two writes put the same token. */
export interface Head {
  /** 0: there is no head key. */
  readonly revision: number;
  readonly token: string;
}

/** What a linearizable read of the head key says. */
export interface HeadRead extends Head {
  readonly clusterId: string;
  /** etcd's own revision when it answered. */
  readonly storeRevision: number;
}

export const noHead: Head = { revision: 0, token: '' };

/** The head key's value as the index keeps it: one word, whatever was put there. */
export function tokenOf(value: Buffer): string {
  return value.toString('base64');
}

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
