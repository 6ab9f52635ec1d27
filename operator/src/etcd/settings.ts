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
/** Write-ahead log (the files kept and one ahead, 64 MiB each) and some room. */
const logBytes = 512 * mib;
/**
 * Bytes of one entry of the raft log, but for the largest requests: what the service gathers in one transaction
 * (service/src/store/etcd/write/write-queue.ts).
 */
const entryBytes = mib;
/** Files of the write-ahead log that are kept though a snapshot made them superfluous. */
const maxWals = 2;

/** What a member has to live on. */
export interface MemberRoom {
  /** Of its volume. */
  readonly volumeBytes: number;
  /** The limit of its memory; undefined: none. */
  readonly memoryBytes: number | undefined;
}

/**
 * Most bytes a member's database may have on a volume: a defragmentation writes a second copy beside it, and the
 * write-ahead log needs its place. Small volumes, where that leaves nothing, get a quarter.
 */
export function quotaBytes(volumeBytes: number): number {
  return Math.floor(Math.min(maxQuota, Math.max((volumeBytes - logBytes) / 2, volumeBytes / 4)));
}

/**
 * Entries of the raft log that a member keeps in memory for others that lag behind, besides up to 100 that it drops
 * together (etcd's step of compaction). One that lags behind further gets the whole database. A quarter of the memory
 * if all are large.
 */
function catchupEntries(memoryBytes: number): number {
  return between(50, memoryBytes / 4 / entryBytes, 1000);
}

/** Entries after which the write-ahead log can lose what is older: an eighth of the volume if all are large. */
function snapshotEntries(volumeBytes: number): number {
  return between(100, volumeBytes / 8 / entryBytes, 1000);
}

function between(least: number, value: number, most: number): number {
  return Math.floor(Math.min(most, Math.max(least, value)));
}

/** Where Go's collector begins to work harder, in bytes (GOMEMLIMIT); the rest is for what Go does not count. */
export function goMemoryLimit(memoryBytes: number): number {
  return Math.floor(memoryBytes * 0.8);
}

/** Parts of a member's configuration that need a restart to take effect, with etcd's own names. */
export function sharedSettings({
  volumeBytes,
  memoryBytes = Number.POSITIVE_INFINITY,
}: MemberRoom): Readonly<Record<string, string | number | boolean>> {
  return {
    // etcd's own numbers are for entries of a few KiB: 10,000 on the disk and 5,000 in memory.
    'snapshot-count': snapshotEntries(volumeBytes),
    'snapshot-catchup-entries': catchupEntries(memoryBytes),
    'max-wals': maxWals,
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
