/** What breaks etcd: a member's volume, the quorum, the network, the quota. */
import { etcdLeader } from '../../../e2e/support/etcd-leader.ts';
import { field, kubectl } from '../../../e2e/support/kubectl.ts';
import { dropPackets } from '../../../e2e/support/on-node.ts';
import type { Scenario } from '../scenario.ts';
import { fillUntilFull } from './fill.ts';
import { noNode } from './node.ts';
import { overwriteVolume } from './overwrite-volume.ts';
import { small, threeMembers } from './stores.ts';

const memberDamaged: Scenario = {
  name: 'member-damaged',
  title: 'The volume of one member of etcd is damaged',
  how: "A pod overwrites the files of one member's volume, and the member is started anew.",
  alert: 'KvStoreEtcdMemberDown',
  spec: threeMembers,
  picture: 'kvstore-operator',
  async break(store) {
    const pod = `${store.name}-etcd-1`;
    await overwriteVolume(store.namespace, `data-${pod}`);
    await kubectl('delete', 'pod', pod, '-n', store.namespace, '--wait=false');
    return undefined;
  },
  repair: [{ has: /delete pvc "data-\$POD"/ }],
};

const quorumLost: Scenario = {
  name: 'quorum-lost',
  title: 'The volumes of two of three members are lost',
  how: 'Two claims and their pods are deleted at once, without a grace period.',
  alert: 'KvStoreEtcdNoQuorum',
  spec: threeMembers,
  async break({ namespace, name }) {
    const pods = [1, 2].map((ordinal) => `${name}-etcd-${ordinal}`);
    await kubectl('delete', 'pvc', '-n', namespace, '--wait=false', ...pods.map((pod) => `data-${pod}`));
    await kubectl('delete', 'pod', '-n', namespace, '--grace-period=0', '--force', ...pods);
    return undefined;
  },
  repair: [{ recovery: 'One member survived' }],
};

const leaderCutOff: Scenario = {
  name: 'leader-cut-off',
  title: "The leader's network is cut",
  how: "The node drops all packets that it forwards to and from the leader's pod. Prometheus still reaches the pod.",
  alert: 'KvStoreEtcdMemberDown',
  spec: threeMembers,
  missing: noNode,
  async break(store) {
    const address = await field('.status.podIP', 'pod', await etcdLeader(store), '-n', store.namespace);
    await dropPackets(address, 'begin');
    return { stop: () => dropPackets(address, 'end') };
  },
  repair: [{ has: /^kubectl -n "\$NS" delete pod "\$POD"$/ }],
};

const quotaReached: Scenario = {
  name: 'quota-reached',
  title: 'etcd has reached its quota',
  how: 'A client writes values of 500 kB until the service answers 507, and goes on. The storage class cannot grow.',
  alert: 'KvStoreEtcdAlarm',
  spec: small,
  async break(store) {
    const filler = await fillUntilFull(store, 'import/');
    return { stopBefore: () => filler.stop(), stop: () => filler.stop() };
  },
  repair: [
    { has: /in_etcd get --prefix/, fill: { PREFIX: 'import/' } },
    { has: /in_etcd del --prefix/, fill: { PREFIX: 'import/' } },
  ],
};

export const etcdScenarios = [memberDamaged, quorumLost, leaderCutOff, quotaReached];
