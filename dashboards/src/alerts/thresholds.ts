/**
 * Every number that an alert compares with: the one source for the rules, the colours of the dashboards, docs/alerts.md and
 * the values of the Helm chart.
 */

export type Unit = 'ratio' | 'seconds' | 'revisions' | 'requests' | 'lines' | 'bytes' | 'count';

export interface Threshold {
  readonly default: number;
  readonly unit: Unit;
  /** A sentence for docs/alerts.md and values.yaml. */
  readonly meaning: string;
}

const hours = 3600;
const days = 24 * hours;

export const thresholds = {
  availabilityBudget: {
    default: 0.001,
    unit: 'ratio',
    meaning: 'Part of the API requests of 30 days that may end with a 5xx.',
  },
  latencyBudget: {
    default: 0.01,
    unit: 'ratio',
    meaning: 'Part of the requests for single keys and of the sets of 30 days that may take longer than 0.1 s.',
  },
  leastBadRequests: {
    default: 10,
    unit: 'requests',
    meaning:
      'Bad requests in the long window below which no burn rate fires, so that one error of an idle store does not.',
  },
  shedRatio: {
    default: 0.01,
    unit: 'ratio',
    meaning: 'Part of the requests that is refused with 503 `overloaded`.',
  },
  restarts: { default: 2, unit: 'count', meaning: 'Restarts of a replica within half an hour.' },
  lagRevisions: { default: 100, unit: 'revisions', meaning: 'Revisions that a replica is behind etcd.' },
  readerNotices: {
    default: 1,
    unit: 'count',
    meaning: 'Notices within 12 minutes against replicas that read by lease. A replica that is killed gets one.',
  },
  queuedWrites: {
    default: 5000,
    unit: 'requests',
    meaning: 'Writes that wait in a replica. At 10,000 it refuses further ones.',
  },
  snapshotGrowthBytes: {
    default: 512 * 1024 ** 2,
    unit: 'bytes',
    meaning:
      'Growth of the data file during one streamed answer. At `KV_SNAPSHOT_MAX_GROWTH` (1 GiB) the answer is cut off.',
  },
  clockSkewSeconds: {
    default: 5,
    unit: 'seconds',
    meaning: 'Difference between the clock of a replica and that of Prometheus, scrape included.',
  },
  quotaUsed: { default: 0.8, unit: 'ratio', meaning: "Part of etcd's quota that a member's database takes." },
  quotaNearlyUsed: {
    default: 0.95,
    unit: 'ratio',
    meaning: "Part of etcd's quota at which somebody is woken, whether the database grows or not.",
  },
  volumeLeft: { default: 0.15, unit: 'ratio', meaning: 'Part of a volume that is left.' },
  volumeNearlyFull: {
    default: 0.03,
    unit: 'ratio',
    meaning: 'Part of a volume that is left when somebody is woken, whether it fills or not.',
  },
  fillsWithinSeconds: {
    default: 4 * hours,
    unit: 'seconds',
    meaning: 'Time within which a volume or the quota will be full, at the pace of the last hour.',
  },
  fsyncSeconds: {
    default: 0.1,
    unit: 'seconds',
    meaning: "99th percentile of a flush of etcd's log. etcd advises 0.01 s.",
  },
  certificateSeconds: {
    default: 20 * days,
    unit: 'seconds',
    meaning: 'Time left of a certificate. The operator renews with 30 days left.',
  },
  authoritySeconds: {
    default: 300 * days,
    unit: 'seconds',
    meaning: 'Time left of a certificate authority. The operator replaces it with a year left.',
  },
  certificatePageSeconds: {
    default: 3 * days,
    unit: 'seconds',
    meaning: 'Time left of a certificate or an authority when somebody is woken.',
  },
  tlsSeconds: {
    default: 7 * days,
    unit: 'seconds',
    meaning:
      "Time left of the certificate that a replica's listener shows. Lower it for certificates that live for days.",
  },
  backupAgeSeconds: {
    default: 8 * days,
    unit: 'seconds',
    meaning: 'Age of the newest backup. Raise it for a schedule that is rarer than weekly.',
  },
  reconcileSeconds: { default: 300, unit: 'seconds', meaning: 'Time that one reconcile takes.' },
  reconcileFailingSeconds: {
    default: 900,
    unit: 'seconds',
    meaning: 'Time for which every reconcile of a KvStore has failed.',
  },
} as const satisfies Readonly<Record<string, Threshold>>;

export type ThresholdName = keyof typeof thresholds;

/** What stands in the rules: numbers, or the placeholders of a template that are replaced by numbers. */
export type Numbers = Readonly<Record<ThresholdName, number | string>>;

export const names = Object.keys(thresholds) as readonly ThresholdName[];

/** A value for each of them. */
export function byName<T>(of: (name: ThresholdName) => T): Readonly<Record<ThresholdName, T>> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<ThresholdName, T>;
}

export const defaults = byName<number>((name) => thresholds[name].default);

/**
 * The defaults with some that differ.
 * @param changes as from JSON. Throws Error for a name that is no threshold, and for what is no number
 */
export function withChanges(changes: object): Readonly<Record<ThresholdName, number>> {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in thresholds)) throw new Error(`${name} is no threshold; there are: ${names.join(', ')}`);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`The threshold ${name} is no number`);
  }
  return { ...defaults, ...changes };
}
