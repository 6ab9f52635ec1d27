/** Users and roles: etcd asks who its clients are, and lets each do what it has to. */
import { accessChanges } from '../access/changes.ts';
import type { QuorumSituation, Rule } from './situation.ts';

/**
 * After what brings members back, which nothing may hold up, and before an etcd grows: a new one has it from its first
 * member on, and one where it was taken away by hand gets it back although a member is missing.
 */
export const limitAccess: Rule<QuorumSituation> = ({ wanted, observation, via }) => {
  const { access, refusal } = observation;
  if (access === undefined) {
    const message = `users and roles of etcd are not known: ${refusal ?? 'no member reports them'}`;
    return { reason: 'EtcdAccessUnknown', message, degraded: true };
  }
  const changes = accessChanges(access, wanted.access);
  if (changes.length === 0) return undefined;
  const message = `users and roles of etcd are set: ${changes.map(({ kind }) => kind).join(', ')}`;
  return { action: { kind: 'change-access', via, changes }, reason: 'EtcdLimitingAccess', message };
};
