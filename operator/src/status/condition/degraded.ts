import { lastingReasons } from '../../exposure/finding.ts';
import type { KvStore } from '../../kvstore.ts';
import { lostMs } from '../../reconcile/contact.ts';
import { faultReason } from '../../reconcile/fault.ts';
import type { PodTrouble } from '../../trouble/pod-trouble.ts';
import type { Finding } from '../conditions.ts';
import { type Findings, longMs, shortMs, stepMs } from './findings.ts';
import { isForming, lostContact } from './ready.ts';

/** Pods named in a message; more of them have the same trouble most of the time. */
const maxPods = 3;

type Rule = (kvstore: KvStore, findings: Findings) => Found | undefined;

export interface Found {
  readonly reason: string;
  readonly message: string;
  /** True: nothing gets further until somebody changes something. */
  readonly isStuck?: boolean;
}

/** An image of etcd that only another spec, or somebody at the registry, can mend. */
const stuckMembers: ReadonlySet<string> = new Set(['EtcdImageRefused', 'EtcdImageUnusable']);

/** What needs attention, in the order of what to look at first. */
const rules: readonly Rule[] = [
  (_, { faults }) => {
    const [first] = faults;
    if (first === undefined) return undefined;
    const reason = faultReason(first);
    const isStuck = ['Refused', 'ObjectConflict', 'EtcdWithoutTls'].includes(reason);
    return { reason, message: faults.map(({ message }) => message).join('; '), isStuck };
  },
  (_, { etcd }) =>
    etcd?.degraded === true
      ? { reason: etcd.reason, message: etcd.message, isStuck: stuckMembers.has(etcd.reason) }
      : undefined,
  (_, { contactMs = 0 }) => (contactMs > lostMs ? { reason: 'EtcdUnavailable', message: lostContact } : undefined),
  (_, { troubles, deployment }) => podsFound(troubles?.service, isSeen(deployment)),
  ({ spec }, { troubles, etcd }) => (!spec.paused && isPlanned(etcd) ? undefined : podsFound(troubles?.etcd, false)),
  hinderedStep,
  deploymentFault,
  tooFewReplicas,
  tooFewMembers,
  routeFault,
  restoreFault,
  (_, { backup }) => (backup?.status === 'False' ? { reason: 'BackupFailed', message: backup.message } : undefined),
];

/** Undefined: nothing is wrong. */
export function troubleFound(kvstore: KvStore, findings: Findings): Found | undefined {
  for (const rule of rules) {
    const found = rule(kvstore, findings);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function degradedFinding(found: Found | undefined): Finding {
  if (found === undefined) return { status: 'False', reason: 'AsExpected', message: 'nothing is wrong' };
  return { status: 'True', reason: found.reason, message: found.message };
}

/** An autoscaler makes a node, a former node gives a volume back, a network comes up: no user has to act. */
const passing: ReadonlySet<string> = new Set([
  'Unschedulable',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'Evicted',
]);

function podsFound(troubles: readonly PodTrouble[] | undefined, isStuck: boolean): Found | undefined {
  const [first] = troubles ?? [];
  if (troubles === undefined || first === undefined) return undefined;
  const named = troubles.slice(0, maxPods).map(({ message }) => message);
  const more = troubles.length > maxPods ? [`and ${troubles.length - maxPods} more`] : [];
  const mayPass = !first.isExplained || passing.has(first.reason);
  return { reason: first.reason, message: [...named, ...more].join('; '), isStuck: isStuck && !mayPass };
}

/** Planned restarts of members have a time of their own, after which etcd itself is degraded. */
function isPlanned(etcd: Findings['etcd']): boolean {
  return etcd?.reason === 'EtcdRestarting' && !etcd.degraded;
}

/** False: what is said of the Deployment, and pods that are there, may be those of a spec that was corrected since. */
function isSeen(deployment: Findings['deployment']): boolean {
  return deployment?.status?.observedGeneration === deployment?.metadata?.generation;
}

function deploymentFault(_: KvStore, { deployment }: Findings): Found | undefined {
  if (!isSeen(deployment)) return undefined;
  const conditions = deployment?.status?.conditions;
  const failing = conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failing !== undefined) return { reason: 'ReplicaFailure', message: failing.message ?? '', isStuck: true };
  const stuck = conditions?.find(
    ({ type, status, reason }) => type === 'Progressing' && status === 'False' && reason === 'ProgressDeadlineExceeded',
  );
  if (stuck === undefined) return undefined;
  return { reason: 'RolloutStuck', message: stuck.message ?? 'no progress', isStuck: true };
}

/** Steps follow one another; one that lasts does not get on. */
function hinderedStep({ spec }: KvStore, { etcd, short }: Findings): Found | undefined {
  const ms = short?.step;
  if (spec.paused || etcd === undefined || etcd.settled || ms === undefined || ms < stepMs) return undefined;
  return { reason: etcd.reason, message: `${etcd.message}, ${longerThan(stepMs)}` };
}

function tooFewReplicas({ spec }: KvStore, { deployment, short, etcd }: Findings): Found | undefined {
  const ms = short?.replicas;
  // Replicas wait for the etcd that is on its way.
  const limit = etcd === undefined || etcd.settled ? shortMs : longMs;
  if (ms === undefined || ms < limit) return undefined;
  const available = deployment?.status?.availableReplicas ?? 0;
  const message = `${available} of ${spec.replicas} replicas are available, ${longerThan(limit)}`;
  return { reason: 'ReplicasUnavailable', message };
}

function tooFewMembers(kvstore: KvStore, { etcd, short }: Findings): Found | undefined {
  const ms = short?.members;
  if (etcd === undefined || ms === undefined) return undefined;
  const waits = etcd.settled || etcd.reason === 'EtcdMembersNotReady';
  const limit = waits && !isForming(kvstore) ? shortMs : longMs;
  if (ms < limit) return undefined;
  const count = `${etcd.readyMembers} of ${etcd.members} members of etcd are ready`;
  const message = `${count}, ${longerThan(limit)}: ${etcd.message}`;
  return { reason: etcd.settled ? 'EtcdMembersNotReady' : etcd.reason, message };
}

function routeFault(_: KvStore, { exposure, short, restore }: Findings): Found | undefined {
  if (exposure?.status !== 'False' || restore?.holdsUp !== undefined) return undefined;
  const { reason, message } = exposure;
  if (lastingReasons.has(reason)) return { reason, message, isStuck: true };
  // That there is no replica is said elsewhere.
  return reason !== 'NoReplica' && (short?.route ?? 0) >= shortMs ? { reason, message } : undefined;
}

function restoreFault(_: KvStore, { restore, troubles }: Findings): Found | undefined {
  if (restore?.holdsUp === 'RestoreFailed' || restore?.finding.reason === 'OtherData') {
    const reason = restore.holdsUp ?? restore.finding.reason;
    return { reason, message: restore.finding.message, isStuck: true };
  }
  return restore === undefined || restore.finding.status === 'True' ? undefined : podsFound(troubles?.restore, true);
}

/** Not the time itself: a message that changes each second would be a new one each time. */
function longerThan(ms: number): string {
  return `for more than ${ms < 2 * shortMs ? 'a minute' : `${ms / 60_000} minutes`}`;
}
