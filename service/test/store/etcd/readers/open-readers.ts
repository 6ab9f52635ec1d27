/** Stores that read by lease, for tests. */
import type { ExecutionContext } from 'ava';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import type { PeerOptions } from '../../../../src/store/etcd/readers/peers.ts';
import { metric, type Opened, openReady } from '../harness.ts';
import type { PeerNetwork } from './peer-network.ts';

type Given = Partial<PeerOptions> & { readonly endpoints: readonly string[]; readonly prefix: string };

/** With its lease. Without a network: by the connections that replicas really have. */
export async function openReader(
  t: ExecutionContext,
  network: PeerNetwork | undefined,
  name: string,
  options: Given,
): Promise<Opened> {
  const connections = network === undefined ? { peerAddress: '127.0.0.1' } : { peers: network.peers(name) };
  const opened = await openReady(t, { ...options, freshReads: 'lease', ...connections });
  await holdsLease(opened);
  return opened;
}

/** Reads until the replica has a lease. */
export async function holdsLease({ store, registry }: Opened): Promise<void> {
  await waitFor('a lease', async () => {
    for (let i = 0; i < 10; i++) await store.barrier();
    return (await metric(registry, 'kvstore_lease_held')) === 1;
  });
}

/** Calls of that kind that etcd has answered. */
export function calls({ registry }: Opened, call: 'range' | 'txn'): Promise<number> {
  return metric(registry, 'kvstore_etcd_request_duration_seconds', { call, le: '+Inf' });
}
