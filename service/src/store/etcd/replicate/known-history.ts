/** What an index knows of the store's history, and whether etcd still has that history. */
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import type { EtcdClient } from '../connect/client.ts';
import type { ResyncCause } from '../etcd-metrics.ts';
import type { Layout } from '../layout.ts';
import { type Head, type HeadRead, readHead } from '../read/head.ts';

export interface KnownHistory {
  readonly clusterId: string;
  /** The newest revision that the index has. */
  readonly applied: number;
  /** The newest write that the index has. */
  readonly head: Head;
}

/** etcd left the history: it was put back to an earlier state, or replaced. */
export function leavesHistory(cause: ResyncCause): boolean {
  return cause === 'restored' || cause === 'other-cluster';
}

/** Why a read that was sent when the history was known can't belong to it; undefined when it can. */
export function contradicts(read: HeadRead, { clusterId, applied, head }: KnownHistory): ResyncCause | undefined {
  if (read.clusterId !== clusterId) return 'other-cluster';
  // A linearizable read shows no less than what was there before it.
  if (read.storeRevision < applied || read.revision < head.revision) return 'restored';
  return read.revision === head.revision && read.token !== head.token ? 'restored' : undefined;
}

/**
 * Why the history does not go on in etcd; undefined when it does. `compacted`: etcd does not know any more.
 * `timeout`: milliseconds of each call. Throws EtcdCallError.
 */
export async function historyFault(
  { client, layout }: { readonly client: EtcdClient; readonly layout: Layout },
  history: KnownHistory,
  timeout: number,
): Promise<ResyncCause | undefined> {
  const { head } = history;
  const now = await readHead(client, layout, timeout);
  const contradiction = contradicts(now, history);
  if (contradiction !== undefined || now.revision === head.revision || head.revision === 0) return contradiction;
  // etcd has moved on: is the write that we know as the newest part of its history?
  try {
    const then = await readHead(client, layout, timeout, head.revision);
    return then.revision === head.revision && then.token === head.token ? undefined : 'restored';
  } catch (error) {
    if (meaningOf(error) === 'compacted') return 'compacted';
    throw error;
  }
}
