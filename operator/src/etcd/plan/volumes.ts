import type { QuorumSituation, Rule } from './situation.ts';

/** Volumes only grow; the class decides whether they can. An unbound claim cannot be changed yet. */
export const growVolumes: Rule<QuorumSituation> = ({ wanted, members }) => {
  const reason = 'EtcdVolumeGrowing';
  const small = members.find(
    ({ claim }) => claim?.capacityBytes !== undefined && !claim.terminating && claim.requestBytes < wanted.volumeBytes,
  );
  if (small?.claim !== undefined) {
    const { name, uid } = small.claim;
    const action = { kind: 'resize-claim', name, uid, size: wanted.volumeSize } as const;
    return { action, reason, message: `${name} grows to ${wanted.volumeSize}` };
  }
  const growing = members.find(({ claim }) => (claim?.capacityBytes ?? Infinity) < wanted.volumeBytes);
  if (growing === undefined) return undefined;
  return { reason, message: `${growing.claim?.name} grows to ${wanted.volumeSize}` };
};
