/** What breaks beneath the pods: disks and clocks. */
import { setTimeout } from 'node:timers/promises';
import { etcdLeader } from '../../../e2e/support/etcd-leader.ts';
import type { KvStoreHandle } from '../../../e2e/support/kvstore.ts';
import type { Ongoing, Scenario } from '../scenario.ts';
import { nodeOf, noNode, uncordon } from './node.ts';
import { noStrace, slowDisk } from './slow-disk.ts';
import { classNameOf, fillVolume, growVolume, makeVolume, volumeSize } from './small-volume.ts';
import { small, threeMembers } from './stores.ts';
import { noAdmissionPolicies, startWithWrongClock } from './wrong-clock.ts';

/** On the one node of a test cluster the pod waits until that takes pods again. */
const move: Pick<Scenario, 'repair' | 'placeholders'> = {
  repair: [{ has: /^kubectl cordon NODE/ }, { part: 'After', has: /^kubectl uncordon NODE/ }],
  placeholders: nodeOf,
};

const diskSlow: Scenario = {
  name: 'disk-slow',
  title: "The disk of etcd's leader is slow",
  how: "strace holds each flush of the leader's process back for 0.2 s. The cluster has one node: its pod waits until that takes pods again.",
  alert: 'KvStoreEtcdSlowDisk',
  spec: threeMembers,
  missing: async () => (await noNode()) ?? (await noStrace()),
  async break(store) {
    const pod = await etcdLeader(store);
    const [{ NODE }, disk] = await Promise.all([nodeOf(pod, store), slowDisk(store.namespace, pod)]);
    return {
      async stop() {
        await uncordon(NODE);
        await disk.stop();
      },
    };
  },
  ...move,
};

const volumeFilling = volumeScenario({
  name: 'volume-filling',
  title: 'The volume of a member is nearly full',
  how: 'A file that is not of etcd leaves 2% of a volume of 256 MiB: a tmpfs of the node, which the game day makes larger once the claim asks for it.',
  alert: 'KvStoreEtcdVolumeFullSoon',
  left: 5 * 1024,
  section: 'KvStoreEtcdVolumeFullSoon',
});

const volumeFull = volumeScenario({
  name: 'volume-full',
  title: 'The volume of the only member is full',
  how: 'As before, and the file leaves nothing: etcd ends. Each later start serves for a moment, and the wait of the alert begins anew.',
  alert: 'KvStoreEtcdNoQuorum',
  left: 0,
  section: 'KvStoreEtcdVolumeFilling',
});

const clockWrong: Scenario = {
  name: 'clock-wrong',
  title: 'The clock of one replica is 30 s fast',
  how: '`Date` is moved in the Node processes of one pod: Linux has one clock for a whole node. The cluster has one node: the pod waits until that takes pods again.',
  alert: 'KvStoreClockSkew',
  spec: small,
  missing: noAdmissionPolicies,
  async break(store) {
    const { NODE } = await nodeOf(await startWithWrongClock(store), store);
    return { stop: () => uncordon(NODE) };
  },
  ...move,
};

export const machineScenarios: readonly Scenario[] = [diskSlow, volumeFilling, volumeFull, clockWrong];

interface VolumeScenario extends Pick<Scenario, 'name' | 'title' | 'how' | 'alert'> {
  /** KiB that are left. */
  readonly left: number;
  /** Of the runbook, with the command. */
  readonly section: string;
}

function volumeScenario({ left, section, ...about }: VolumeScenario): Scenario {
  const storage = { size: volumeSize, className: classNameOf(about.name) };
  return {
    ...about,
    spec: { ...small, etcd: { ...small.etcd, storage } },
    missing: noNode,
    prepare: () => makeVolume(about.name),
    async break(store) {
      await fillVolume(about.name, left);
      return growWhenAsked(about.name, store);
    },
    repair: [{ alert: section, has: /"storage"/, fill: { '16Gi': '512Mi' } }],
  };
}

function growWhenAsked(scenario: string, { namespace, name }: KvStoreHandle): Ongoing {
  let running = true;
  const work = async () => {
    for (; running; await setTimeout(1000)) {
      await growVolume(scenario, namespace, `data-${name}-etcd-0`).catch(() => undefined);
    }
  };
  const done = work();
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}
