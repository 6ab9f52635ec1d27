/** Steps that need no quorum. */
import { isPlanned } from './planned.ts';
import type { Rule, Situation, Step } from './situation.ts';

/** A container that starts this often in vain is not merely slow. */
const manyRestarts = 5;

/** A pod of an older template whose container does not run (a bad image, say) serves no client: it is deleted. */
export const replaceStuckPod: Rule<Situation> = ({ wanted, observation }) => {
  for (const { pod, status } of observation.seats) {
    if (pod === undefined || pod.terminating || pod.running || status !== undefined) continue;
    if (pod.template === wanted.template) continue;
    const action = { kind: 'delete-pod', name: pod.name, uid: pod.uid } as const;
    return {
      action,
      reason: 'EtcdRestarting',
      message: `${pod.name} does not run and is replaced by the current template`,
    };
  }
  return undefined;
};

/** A member of another cluster must not be worked on: the volumes were exchanged, or restored beside the operator. */
export const refuseForeignCluster: Rule<Situation> = ({ state, observation }) => {
  const foreign = observation.seats.find(
    ({ status }) => status !== undefined && state.clusterId !== undefined && status.clusterId !== state.clusterId,
  );
  if (foreign === undefined) return undefined;
  const message = `${foreign.pod?.name} belongs to cluster ${foreign.status?.clusterId}, not ${state.clusterId}`;
  return { reason: 'EtcdForeignCluster', message, degraded: true };
};

/** Nothing bootstraps anew and no pod is touched: the documented recovery is a human decision. */
export function waitForQuorum({ names: etcd, state, observation, now }: Situation): Step {
  const down = observation.seats.filter(({ ready, status }) => !ready || status === undefined);
  if (down.length > 0 && down.every((seat) => isPlanned(state, seat, now))) {
    const restarting = down.map(({ ordinal }) => etcd.pod(ordinal)).join(', ');
    return { reason: 'EtcdRestarting', message: `not ready: ${restarting}` };
  }
  const names = (seats: typeof observation.seats) => seats.map(({ pod, ordinal }) => pod?.name ?? ordinal).join(', ');
  const failing = observation.seats.filter(
    ({ pod }) => pod?.terminating === false && (pod.restarts >= manyRestarts || pod.trouble !== undefined),
  );
  const replaced = observation.seats.filter(({ ordinal, claim }) => {
    const recorded = state.members[ordinal]?.claim;
    return claim !== undefined && recorded !== undefined && recorded !== claim.uid;
  });
  const troubles = observation.seats.flatMap(({ pod }) => (pod?.trouble === undefined ? [] : `; ${pod.trouble}`));
  const volumes = replaced.length === 0 ? '' : `; new, empty volumes: ${names(replaced)}`;
  if (state.clusterId !== undefined) {
    const answering = observation.seats.filter(({ status }) => status !== undefined);
    const message = `no quorum: ${answering.length} of ${Object.keys(state.members).length} members answer${volumes}${troubles.join('')}`;
    return { reason: 'EtcdQuorumLost', message, degraded: true };
  }
  const comesBack = Object.values(state.members).some(({ gate }) => gate === 'closed');
  const what = comesBack ? 'members start from the volumes that were kept' : 'the first member starts';
  if (failing.length === 0) return { reason: 'EtcdStarting', message: `${what}${volumes}` };
  return {
    reason: 'EtcdNotStarting',
    message: `${what}, but fails again and again: ${names(failing)}${troubles.join('')}`,
    degraded: true,
  };
}
