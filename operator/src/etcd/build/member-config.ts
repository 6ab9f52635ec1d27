import { clientPort, type EtcdNames, metricsPort, peerPort } from '../names.ts';
import { sharedSettings } from '../settings.ts';
import type { EtcdState, MemberState } from '../state.ts';

/** Where the volume is mounted, and the directory in it: a file system's own lost+found is no business of etcd's. */
export const volumePath = '/var/lib/etcd';
export const dataDir = `${volumePath}/data`;

/**
 * One member's configuration file. etcd reads YAML, of which JSON is a part.
 *
 * Members that hold data ignore the initial-* settings. To an empty data directory a closed gate says `existing` in a
 * cluster of itself alone: there is no other member to ask, so etcd exits. Without that, a member that lost its volume
 * would rejoin under its old id having forgotten its votes, and acknowledged writes could be lost.
 * @param token sets clusters of the same name apart: the KvStore's UID
 */
export function memberConfig(
  names: EtcdNames,
  ordinal: number,
  member: MemberState,
  state: EtcdState,
  token: string,
): string {
  const config = {
    name: names.pod(ordinal),
    'data-dir': dataDir,
    'listen-peer-urls': `http://0.0.0.0:${peerPort}`,
    'listen-client-urls': `http://0.0.0.0:${clientPort}`,
    'listen-metrics-urls': `http://0.0.0.0:${metricsPort}`,
    'initial-advertise-peer-urls': names.peerURL(ordinal),
    'advertise-client-urls': names.clientURL(ordinal),
    'initial-cluster-token': token,
    'initial-cluster-state': member.gate === 'seed' ? 'new' : 'existing',
    'initial-cluster':
      member.gate === 'join' && member.initialCluster !== undefined
        ? member.initialCluster
        : `${names.pod(ordinal)}=${names.peerURL(ordinal)}`,
    ...sharedSettings(state.volumeBytes),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
