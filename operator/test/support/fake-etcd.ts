/** Stand-ins for the etcd side, where a test is about everything else. */
import type { EtcdOutcome, ReconcileEtcd } from '../../src/etcd/contract.ts';
import type { MemberAccess } from '../../src/reconcile/etcd-tools.ts';

/** An etcd that is always as asked for. */
export const settledEtcd: ReconcileEtcd = async ({ spec }) => settled(spec.etcd?.members ?? 0);

export function settled(members: number): EtcdOutcome {
  return {
    members,
    readyMembers: members,
    version: '3.6.16',
    settled: true,
    degraded: false,
    reason: 'Settled',
    message: 'all members are ready',
  };
}

export const noMembers: MemberAccess = () => {
  throw new Error('this test has no members of etcd');
};
