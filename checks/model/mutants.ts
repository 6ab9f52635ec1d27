/** The protocol with one rule left out each: the model has to find what goes wrong then. */
import { removable } from '../../service/src/store/etcd/lease/lease.ts';
import { leaseTarget, shows } from '../../service/src/store/etcd/lease/reads.ts';
import type { ReplicaState } from '../../service/src/store/etcd/lease/state.ts';
import { type ScopeName, scopes } from './scopes.ts';
import { PendingList } from './world/pending.ts';
import { protocol, type Rules } from './world/rules.ts';
import type { Scope } from './world/world.ts';

interface Mutant {
  /** The rule of the ADR that is left out. */
  readonly rule: string;
  readonly what: string;
  readonly scope: ScopeName | Scope;
  readonly rules: Partial<Rules>;
  /** What goes wrong is not a wrong read: a write that never ends. */
  readonly stalls?: true;
}

const { receive, acceptReport, resume, sync } = protocol;

/** The index shows everything that was received. */
function allShown(state: ReplicaState): ReplicaState {
  return { ...state, shown: state.received, base: 0, pending: PendingList.none };
}

/** Long enough for a check that is answered late. */
const longLease: Scope = { ...scopes.small, duration: 3, wait: 3 };

export const withoutNotices: Partial<Rules> = { awaited: () => [] };

export const mutants: Record<string, Mutant> = {
  'shown when received': {
    ...{ rule: 'R6', what: 'a replica shows a revision as soon as it has received it', scope: 'writes' },
    rules: {
      receive: (...event) => allShown(receive(...event)),
      acceptReport: (state, report) => allShown(acceptReport(state, report)),
    },
  },
  'expiry shown when received': {
    ...{ rule: 'R6', what: 'what etcd removes by itself is shown as soon as it is received', scope: 'expiry' },
    rules: {
      receive: (state, change, now) => {
        const isExpiry = change.keys.length > 0 && state.received === state.shown;
        const next = receive(state, change, now);
        return isExpiry ? allShown(next) : next;
      },
    },
  },
  'watchers first': {
    ...{ rule: 'R6', what: 'watchers get a revision when it is received', scope: 'writes' },
    rules: { watched: ({ received }) => received },
  },
  'no wait before removal': {
    ...{ rule: 'R13', what: "a reader's key is deleted while the reader still trusts its lease", scope: 'writes' },
    rules: {
      removable: (state) => removable(state, Number.POSITIVE_INFINITY, 0),
    },
  },
  'list before the write': {
    ...{ rule: 'R9', what: 'a write counts the readers that its replica knew before the transaction', scope: 'writes' },
    rules: {
      mayAcknowledge: (state, { timeline, revision }) => state.readers.length === 0 || shows(state, timeline, revision),
    },
  },
  'no wait for what is pending': {
    ...{ rule: 'R7', what: 'a read by lease answers from what is shown', scope: 'leases' },
    rules: { leaseTarget: (state, reads, now) => leaseTarget({ ...state, pending: PendingList.none }, reads, now) },
  },
  'a search waits for one key': {
    ...{ rule: 'R7', what: 'a read of several keys waits for what is pending of one of them', scope: 'leases' },
    rules: {
      leaseTarget: (state, reads, now) => {
        const isRead = typeof reads === 'function' ? reads : (key: string) => reads.includes(key);
        return leaseTarget(state, (key) => key === 'b' && isRead(key), now);
      },
    },
  },
  'trust before the own key': {
    ...{ rule: 'R3', what: 'a reader trusts its lease before it has received its own key', scope: 'writes' },
    rules: {
      leaseTarget: (state, reads, now) => {
        const { own, readers } = state;
        const known =
          own === undefined ? readers : [...readers, { id: own.id, since: 0, reported: 0, notice: undefined }];
        return leaseTarget({ ...state, readers: known }, reads, now);
      },
    },
  },
  'a barrier shows what was received': {
    ...{ rule: 'R8', what: 'a read by the barrier shows what is not stable', scope: 'writes' },
    rules: {
      barrierShows: ({ timeline, received }, name, head) =>
        timeline === name && received >= head ? received : undefined,
    },
  },
  'refusals at once': {
    ...{ rule: 'R9', what: 'a condition that failed is answered before what it found is stable', scope: 'writes' },
    rules: { mayRefuse: ({ timeline }, name) => timeline === name },
  },
  'trust from the answer': {
    ...{ rule: 'R2', what: 'a lease counts from when the answer of its check came', scope: longLease },
    rules: { checked: (node, request, duration) => protocol.checked(node, { ...request, sentAt: node.now }, duration) },
  },
  'a check that may lag': {
    ...{ rule: 'R2', what: 'a check is answered by a member of etcd that is behind', scope: 'writes' },
    rules: { checksMayLag: true },
  },
  'a lease that revives': {
    ...{ rule: 'R2', what: 'a check confirms a lease that was over when it was sent', scope: 'restoredLease' },
    rules: {
      leasesRevive: true,
      checked: (node, request, duration) => {
        const { own } = node.state;
        const until = Math.max(own?.until ?? 0, request.sentAt + 1);
        const state = own === undefined ? node.state : { ...node.state, own: { ...own, until } };
        return protocol.checked({ ...node, state }, request, duration);
      },
    },
  },
  'no margin for clocks': {
    ...{
      rule: 'R13',
      what: 'a notice waits as long as a lease lasts, whatever the clocks do',
      scope: { ...scopes.clocks, wait: 2 },
    },
    rules: {},
  },
  'a clock that stands still': {
    ...{ rule: 'R2', what: 'a machine is suspended, and its clocks with it', scope: 'writes' },
    rules: { clocksStandStill: true },
  },
  'keys deleted before leaving': {
    ...{ rule: 'R12', what: 'a reader deletes its key while it still reads by its lease', scope: 'writes' },
    rules: { leave: (state) => state },
  },
  'a start without the list': {
    ...{ rule: 'R10', what: 'a process begins without the list of readers', scope: 'crashes' },
    rules: { firstList: (list) => ({ ...list, readers: [] }) },
  },
  'a full sync is shown at once': {
    ...{ rule: 'R10', what: 'what a full sync brings is shown before it is stable', scope: 'syncs' },
    rules: { sync: (...event) => allShown(sync(...event)) },
  },
  'a full sync is forgotten in a crash': {
    ...{ rule: 'R10', what: 'the next process takes what a full sync brought for stable', scope: 'syncAndCrash' },
    rules: {
      resume: (index, list, now) => resume({ ...index, shown: Math.max(index.shown, index.base), base: 0 }, list, now),
    },
  },
  'one id for two leases': {
    ...{ rule: 'R1', what: 'two processes take leases under one id', scope: 'leases' },
    rules: { newId: () => 'L' },
  },
  'acknowledged by number': {
    ...{
      rule: 'R11',
      what: 'a write is acknowledged when the index has its number, of whichever history',
      scope: 'otherHistory',
    },
    rules: {
      mayAcknowledge: (state, { revision, readers }) => readers === 0 || state.shown >= revision,
    },
  },
  'restored at once': {
    ...{
      rule: 'R14',
      what: 'etcd begins anew from a snapshot while leases of before are trusted',
      scope: 'restoredLease',
    },
    rules: { restoresWait: false },
  },
  'no notices': {
    ...{ rule: 'R13', what: 'no replica puts a notice against a reader that does not report', scope: 'cuts' },
    ...{ rules: withoutNotices, stalls: true },
  },
  'a key that comes late': {
    ...{ rule: 'R12', what: 'a key that was made after its replica gave it up stays', scope: 'lateKeys' },
    ...{ rules: { ...withoutNotices, deletesLateKeys: false }, stalls: true },
  },
  'nothing is removed': {
    ...{ rule: 'R13', what: 'no replica deletes the key of a reader that is gone', scope: 'crashes' },
    ...{ rules: { removable: () => [] }, stalls: true },
  },
};

export function scopeOf({ scope }: Mutant): Scope {
  return typeof scope === 'string' ? scopes[scope] : scope;
}
