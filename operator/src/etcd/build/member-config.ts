import type { KvStore } from '../../kvstore.ts';
import { clientPort, type EtcdNames, metricsPort, peerPort } from '../names.ts';
import { sharedSettings } from '../settings.ts';
import type { EtcdState, MemberState } from '../state.ts';
import { profileOf } from '../tls/secrets.ts';
import { memoryLimit } from './resources.ts';

/** Where the volume is mounted, and the directory in it: a file system's own lost+found is no business of etcd's. */
export const volumePath = '/var/lib/etcd';
export const dataDir = `${volumePath}/data`;
/** Where the members' Secret is mounted. */
export const tlsPath = '/etc/etcd-tls';

/** What members take from their KvStore. */
export interface OfKvStore {
  /** Sets clusters of the same name apart: its UID. */
  readonly token: string;
  /** The limit of a member's memory; undefined: none. */
  readonly memoryBytes: number | undefined;
}

export function ofKvStore({ metadata, spec }: Pick<KvStore, 'metadata' | 'spec'>): OfKvStore {
  return { token: metadata.uid, memoryBytes: memoryLimit(spec) };
}

/**
 * One member's configuration file. etcd reads YAML, of which JSON is a part.
 *
 * Members that hold data ignore the initial-* settings. To an empty data directory a closed gate says `existing` in a
 * cluster of itself alone: there is no other member to ask, so etcd exits. Without that, a member that lost its volume
 * would rejoin under its old id having forgotten its votes, and acknowledged writes could be lost.
 */
export function memberConfig(
  names: EtcdNames,
  ordinal: number,
  member: MemberState,
  state: EtcdState,
  { token, memoryBytes }: OfKvStore,
): string {
  const config = {
    name: names.pod(ordinal),
    'data-dir': dataDir,
    'listen-peer-urls': `https://0.0.0.0:${peerPort}`,
    'listen-client-urls': `https://0.0.0.0:${clientPort}`,
    'listen-metrics-urls': `http://0.0.0.0:${metricsPort}`,
    'initial-advertise-peer-urls': names.peerURL(ordinal),
    'advertise-client-urls': names.clientURL(ordinal),
    'initial-cluster-token': token,
    'initial-cluster-state': member.gate === 'seed' ? 'new' : 'existing',
    'initial-cluster':
      member.gate === 'join' && member.initialCluster !== undefined
        ? member.initialCluster
        : `${names.pod(ordinal)}=${names.peerURL(ordinal)}`,
    ...transportSecurity(names),
    ...sharedSettings({ volumeBytes: state.volumeBytes, memoryBytes }),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/**
 * Clients and peers need a certificate of this etcd's own authority; a client's does not pass for a peer's.
 * etcd reads its certificate anew for each connection, and the authorities at its start. It is not asked to look up
 * whether a peer's address has one of the certificate's names: the members share one, and DNS lags behind a new pod.
 */
export function transportSecurity(names: EtcdNames): object {
  const files = {
    'cert-file': `${tlsPath}/tls.crt`,
    'key-file': `${tlsPath}/tls.key`,
    'trusted-ca-file': `${tlsPath}/ca.crt`,
    'client-cert-auth': true,
  };
  return {
    // No allowed-cn: what a certificate's name may do is said by etcd's users and roles.
    'client-transport-security': files,
    'peer-transport-security': {
      ...files,
      'allowed-cn': [profileOf('member', names).commonName],
      'skip-client-san-verification': true,
    },
    'tls-min-version': 'TLS1.3',
  };
}
