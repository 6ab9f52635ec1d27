/** One Event for the beginning and the end of each step and fault. */
import test from 'ava';
import type { KvStoreStatus } from '../../src/kvstore.ts';
import { announcementsOf } from '../../src/status/announce.ts';
import type { Condition } from '../../src/status/conditions.ts';

type State = readonly [type: string, status: Condition['status'], reason: string];

function status(...states: readonly State[]): KvStoreStatus {
  const around = { message: 'why', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' };
  return { conditions: states.map(([type, state, reason]) => ({ ...around, type, status: state, reason })) };
}

function told(before: readonly State[], after: readonly State[]): string[] {
  return announcementsOf(status(...before), status(...after)).map(({ type, reason }) => `${type} ${reason}`);
}

const cases: readonly [before: State | undefined, after: State, expected: string[]][] = [
  [undefined, ['Degraded', 'False', 'AsExpected'], []],
  [undefined, ['Degraded', 'True', 'CrashLoopBackOff'], ['Warning CrashLoopBackOff']],
  [['Degraded', 'False', 'AsExpected'], ['Degraded', 'True', 'ImagePullBackOff'], ['Warning ImagePullBackOff']],
  [['Degraded', 'True', 'ErrImagePull'], ['Degraded', 'True', 'HostTaken'], ['Warning HostTaken']],
  [['Degraded', 'True', 'HostTaken'], ['Degraded', 'True', 'HostTaken'], []],
  [['Degraded', 'True', 'HostTaken'], ['Degraded', 'False', 'AsExpected'], ['Normal Recovered']],
  [undefined, ['Ready', 'False', 'EtcdForming'], []],
  [['Ready', 'False', 'EtcdForming'], ['Ready', 'True', 'AllReplicasAvailable'], ['Normal Ready']],
  [['Ready', 'True', 'AllReplicasAvailable'], ['Ready', 'False', 'ReplicasUnavailable'], ['Warning NotReady']],
  [['Progressing', 'False', 'Settled'], ['Progressing', 'True', 'RollingOut'], ['Normal RollingOut']],
  [['Progressing', 'True', 'RollingOut'], ['Progressing', 'False', 'Settled'], ['Normal Settled']],
  [['Progressing', 'True', 'EtcdGrowing'], ['Progressing', 'False', 'Settled'], []],
  [['Progressing', 'False', 'Settled'], ['Progressing', 'False', 'Paused'], ['Normal Paused']],
  [['Exposed', 'False', 'RouteNotAnswering'], ['Exposed', 'True', 'RouteAnswers'], ['Normal Exposed']],
  [['Exposed', 'True', 'RouteAnswers'], ['Exposed', 'False', 'OtherStoreAnswers'], ['Warning NotExposed']],
  [undefined, ['Open', 'True', 'EveryHost'], ['Warning OpenToAll']],
  [undefined, ['Open', 'True', 'NoTokens'], []],
  [['Open', 'True', 'EveryHost'], ['Open', 'False', 'TokensRequired'], ['Normal NotOpenToAll']],
  [undefined, ['LastBackupSucceeded', 'Unknown', 'NoneYet'], []],
  [['LastBackupSucceeded', 'Unknown', 'NoneYet'], ['LastBackupSucceeded', 'False', 'Failed'], ['Warning BackupFailed']],
  [
    ['LastBackupSucceeded', 'False', 'Failed'],
    ['LastBackupSucceeded', 'True', 'Completed'],
    ['Normal BackupCompleted'],
  ],
  [['Restored', 'False', 'Restoring'], ['Restored', 'False', 'CannotStart'], ['Warning RestoreFailed']],
  [['Restored', 'False', 'Restoring'], ['Restored', 'True', 'Restored'], ['Normal Restored']],
];
for (const [before, after, expected] of cases) {
  test(`${before?.slice(1).join(' ') ?? 'nothing'} -> ${after.join(' ')}`, (t) => {
    t.deepEqual(told(before === undefined ? [] : [before], [after]), expected);
  });
}
