/** The settings that all members of every KvStore share, and where their numbers come from. */

const mib = 2 ** 20;
const gib = 2 ** 30;

/** Operations in one transaction: the service gathers writes and documents this as its limit. */
export const maxTxnOps = 10_000;
/** Bytes in one request; etcd warns above 10 MiB. */
export const maxRequestBytes = 8 * mib;
/**
 * How much history is kept. As kube-apiserver does. A replica of the service that was cut off for longer, or a watch
 * that resumes later, resyncs.
 */
export const autoCompactionRetention = '5m';
/** What etcd recommends as the most a member should hold (etcd.io/docs/v3.6/dev-guide/limit). */
const maxQuota = 8 * gib;
/** Write-ahead log (5 files kept and one ahead, 64 MiB each) and some room. */
const logBytes = 512 * mib;

/**
 * Most bytes a member's database may have on a volume: a defragmentation writes a second copy beside it, and the
 * write-ahead log needs its place. Small volumes, where that leaves nothing, get a quarter.
 */
export function quotaBytes(volumeBytes: number): number {
  return Math.floor(Math.min(maxQuota, Math.max((volumeBytes - logBytes) / 2, volumeBytes / 4)));
}

/** Parts of a member's configuration that need a restart to take effect, with etcd's own names. */
export function sharedSettings(volumeBytes: number): Readonly<Record<string, string | number | boolean>> {
  return {
    'max-txn-ops': maxTxnOps,
    'max-request-bytes': maxRequestBytes,
    'quota-backend-bytes': quotaBytes(volumeBytes),
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': autoCompactionRetention,
    // HTTP calls, which no client makes here: a certificate's name is no user there.
    'enable-grpc-gateway': false,
    'log-level': 'info',
  };
}
