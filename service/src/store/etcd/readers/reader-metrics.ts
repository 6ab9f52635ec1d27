/** Metrics of reads by lease; what to do when one moves is in docs/operations-etcd.md. */
import { Counter, Histogram, type Registry } from 'prom-client';
import { observedGauge } from '../../../observed-gauge.ts';

/** Why a lease of this replica ended. `failed`: etcd did not take its key. */
const leaseEnds = ['closed', 'expired', 'failed', 'idle', 'noticed', 'removed', 'sync', 'timeline', 'writes'] as const;
export type LeaseEnd = (typeof leaseEnds)[number];

/** Why a reader kept writes waiting: `behind`: it reports, but not enough. */
const stallCauses = ['unreachable', 'silent', 'behind'] as const;
export type StallCause = (typeof stallCauses)[number];

export type Waiter = 'read' | 'write' | 'barrier';

/** What the gauges read at each scrape. */
export interface ReadersObserved {
  isLeaseHeld(): boolean;
  readers(): number;
  /** Revisions that were received and are not shown. */
  pending(): number;
}

export type ReaderMetrics = ReturnType<typeof readerMetrics>;

export function readerMetrics(registry: Registry, observed: ReadersObserved) {
  const registers = [registry];
  observedGauge(registry, 'kvstore_lease_held', 'Whether this replica reads by a lease: 1 or 0.', () =>
    observed.isLeaseHeld() ? 1 : 0,
  );
  observedGauge(registry, 'kvstore_readers', 'Replicas that read by a lease, as far as this one knows.', () =>
    observed.readers(),
  );
  observedGauge(
    registry,
    'kvstore_revisions_pending',
    'Revisions received from etcd that the index does not show yet.',
    () => observed.pending(),
  );
  const ends = new Counter({
    name: 'kvstore_lease_ends_total',
    help: 'Leases of this replica that ended, by reason.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of leaseEnds) ends.inc({ reason }, 0);
  const stalls = new Counter({
    name: 'kvstore_stalls_total',
    help: 'Times that writes waited too long for what another replica had received, by cause.',
    labelNames: ['cause'],
    registers,
  });
  for (const cause of stallCauses) stalls.inc({ cause }, 0);
  return {
    leaseEnds: ends,
    stalls,
    notices: new Counter({
      name: 'kvstore_notices_total',
      help: 'Notices by which this replica ended the lease of another one.',
      registers,
    }),
    stabilityWait: new Histogram({
      name: 'kvstore_stability_wait_seconds',
      help: 'Time that an answer waited until all replicas that read by lease knew of what it shows; failed ones too.',
      labelNames: ['waiter'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
  };
}
