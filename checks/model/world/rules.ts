/** The protocol as the world drives it: the replica's own functions, and what replicas and etcd are asked to keep to. */
import { confirm, forget, join, leave, removable } from '../../../service/src/store/etcd/lease/lease.ts';
import { type Committed, leaseTarget, mayAcknowledge, shows } from '../../../service/src/store/etcd/lease/reads.ts';
import { acceptReport, receive, resume, sync } from '../../../service/src/store/etcd/lease/receive.ts';
import { awaitedReaders, isSettled, show, stableUpTo } from '../../../service/src/store/etcd/lease/stability.ts';
import type { ReaderList, ReplicaState } from '../../../service/src/store/etcd/lease/state.ts';
import { PendingList } from './pending.ts';
import type { Node, Request } from './world.ts';

export interface Rules {
  readonly receive: typeof receive;
  readonly acceptReport: typeof acceptReport;
  readonly sync: (state: ReplicaState, list: ReaderList, now: number) => ReplicaState;
  readonly resume: (
    index: Pick<ReplicaState, 'timeline' | 'shown' | 'base'>,
    list: ReaderList,
    now: number,
  ) => ReplicaState;
  readonly join: typeof join;
  readonly leave: typeof leave;
  readonly forget: typeof forget;
  readonly leaseTarget: typeof leaseTarget;
  readonly mayAcknowledge: (state: ReplicaState, committed: Committed) => boolean;
  readonly removable: typeof removable;
  readonly awaited: typeof awaitedReaders;
  /** The answer of a check has come back. */
  readonly checked: (node: Node, request: Request, duration: number) => ReplicaState;
  /** May a transaction's refusal that shows what is at the revision be answered (R9)? */
  readonly mayRefuse: (state: ReplicaState, timeline: string, revision: number) => boolean;
  /** The newest revision that a read by the barrier shows; undefined: it waits (R8). */
  readonly barrierShows: (state: ReplicaState, timeline: string, head: number) => number | undefined;
  /** The newest revision whose events watchers have got. */
  readonly watched: (state: ReplicaState) => number;
  /** The id of a new lease, given how many there were (R1). */
  readonly newId: (count: number) => string;
  /** May a check be answered from what a member has that lags behind etcd (R2)? */
  readonly checksMayLag: boolean;
  /** May a check revive a lease that was over when it was sent (R2)? */
  readonly leasesRevive: boolean;
  /** Does etcd begin anew from a snapshot only when no lease of before can be trusted (R14)? */
  readonly restoresWait: boolean;
  /** Does a clock stand still while its process does not run (an assumption of R2)? */
  readonly clocksStandStill: boolean;
  /** Does a replica delete a key that it gave up on when it receives it (R12)? */
  readonly deletesLateKeys: boolean;
  /** The list of readers that a process begins with (R10). */
  readonly firstList: (list: ReaderList) => ReaderList;
}

/** The index shows at once what is stable. In the service that takes a while, which is like a report that comes late. */
function showStable(state: ReplicaState): ReplicaState {
  return show(state, stableUpTo(state));
}

export const protocol: Rules = {
  receive: (...event) => showStable(receive(...event)),
  acceptReport(state, report) {
    const next = acceptReport(state, report);
    return next === state ? state : showStable(next);
  },
  sync: (state, list, now) => showStable(sync(state, list, now, PendingList.none)),
  resume: (index, list, now) => showStable(resume(index, list, now, PendingList.none)),
  forget(state, id) {
    const next = forget(state, id);
    return next === state ? state : showStable(next);
  },
  ...{ join, leave, leaseTarget, mayAcknowledge, removable },
  awaited: awaitedReaders,
  checked: ({ state }, { id, sentAt, found }, duration) => {
    if (state.own?.id !== id) return state;
    return found ? confirm(state, id, sentAt, duration) : leave(state);
  },
  mayRefuse: shows,
  barrierShows: (state, timeline, head) => (shows(state, timeline, head) ? state.shown : undefined),
  watched: (state) => (isSettled(state) ? state.shown : 0),
  newId: (count) => `L${count + 1}`,
  ...{ checksMayLag: false, leasesRevive: false, restoresWait: true, clocksStandStill: false },
  deletesLateKeys: true,
  firstList: (list) => list,
};
