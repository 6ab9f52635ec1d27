/** Events for the beginning and the end of steps and faults, as the conditions show them. A pure function. */
import { exposedCondition } from '../exposure/finding.ts';
import type { KvStoreStatus } from '../kvstore.ts';
import { backupCondition } from '../reconcile/backup.ts';
import { restoredCondition } from '../reconcile/restore.ts';
import { openCondition } from './condition/open.ts';
import { type Condition, conditionOf } from './conditions.ts';
import type { EventType } from './events.ts';

export interface Announcement {
  readonly type: EventType;
  readonly reason: string;
  readonly note: string;
}

/** What has changed from one status to the next, in words. The steps of etcd are announced where they are made. */
export function announcementsOf(before: KvStoreStatus | undefined, after: KvStoreStatus): readonly Announcement[] {
  return Object.entries(changes).flatMap(([type, change]) => {
    const [was, is] = [conditionOf(before, type), conditionOf(after, type)];
    if (is === undefined || (was?.status === is.status && was.reason === is.reason)) return [];
    return change(is, was) ?? [];
  });
}

type Change = (is: Condition, was: Condition | undefined) => Announcement | undefined;

const normal = ({ reason, message }: Condition): Announcement => ({ type: 'Normal', reason, note: message });
const warning = ({ reason, message }: Condition): Announcement => ({ type: 'Warning', reason, note: message });

/** Steps that no other Event reports. */
const steps: ReadonlySet<string> = new Set(['RollingOut', 'Exposing', 'Restoring', 'Paused']);

const changes: Readonly<Record<string, Change>> = {
  Degraded(is, was) {
    if (is.status === 'True') return warning(is);
    if (was?.status !== 'True') return undefined;
    return { type: 'Normal', reason: 'Recovered', note: `over: ${was.reason}` };
  },
  Ready(is, was) {
    if (is.status === 'True') return { type: 'Normal', reason: 'Ready', note: is.message };
    return was?.status === 'True' ? { type: 'Warning', reason: 'NotReady', note: is.message } : undefined;
  },
  Progressing(is, was) {
    if (steps.has(is.reason)) return normal(is);
    return is.reason === 'Settled' && was !== undefined && steps.has(was.reason) ? normal(is) : undefined;
  },
  [exposedCondition](is, was) {
    if (is.status === 'True') return was?.status === 'True' ? undefined : { ...normal(is), reason: 'Exposed' };
    // The first moments of a route are a step. What lasts is degraded, and told as that.
    return was?.status === 'True' ? { ...warning(is), reason: 'NotExposed' } : undefined;
  },
  [openCondition](is, was) {
    if (is.reason === 'EveryHost') return { ...warning(is), reason: 'OpenToAll' };
    return was?.reason === 'EveryHost' ? { ...normal(is), reason: 'NotOpenToAll' } : undefined;
  },
  [backupCondition](is) {
    if (is.status === 'True') return { ...normal(is), reason: 'BackupCompleted' };
    return is.status === 'False' ? { ...warning(is), reason: 'BackupFailed' } : undefined;
  },
  [restoredCondition](is) {
    if (is.status === 'True') return normal(is);
    return ['Failed', 'OtherData', 'CannotStart'].includes(is.reason)
      ? { ...warning(is), reason: 'RestoreFailed' }
      : undefined;
  },
};
