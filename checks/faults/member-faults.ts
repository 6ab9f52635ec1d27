/** Faults of etcd: its members, their disks, and the connections of the services to them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import type { TcpProxy } from '../../test-support/network/tcp-proxy.ts';
import { pick } from '../../test-support/seeded-random.ts';
import type { SmallDisk } from '../../test-support/small-disk.ts';
import { faults as connectionFaults } from '../linearizable/faults/faults.ts';
import type { Faults } from './fault.ts';
import type { ServiceUnit } from './service-unit.ts';
import { slowDisk } from './slow-disk.ts';

export interface MemberTargets {
  readonly cluster: EtcdCluster;
  /** `[service][member]`. */
  readonly proxies: readonly (readonly TcpProxy[])[];
  readonly units: readonly ServiceUnit[];
}

/** What the check of linearizability injects as well. */
export function sharedFaults({ cluster, proxies, units }: MemberTargets): Faults {
  const restartReplica = async (i: number, keepIndex: boolean) => {
    const unit = units[i];
    await unit?.process.kill();
    if (!keepIndex) await unit?.forget();
    await unit?.start();
  };
  return Object.fromEntries(
    Object.entries(connectionFaults).map(([name, inject]) => {
      const subject = /process restarted/.test(name)
        ? 'service'
        : /^(leader|follower)/.test(name)
          ? 'members'
          : 'network';
      const run = (random: () => number, milliseconds: number) =>
        inject({ cluster, proxies, restartReplica }, random, milliseconds);
      return [name, { subject, run }];
    }),
  );
}

export function memberFaults({ cluster }: MemberTargets): Faults {
  return {
    'all members killed': {
      subject: 'members',
      run: async (_, milliseconds) => {
        await Promise.all(cluster.members.map((member) => member.kill()));
        await sleep(milliseconds);
        for (const member of cluster.members) member.start();
        await cluster.ready();
      },
    },
    'two members paused': {
      subject: 'members',
      run: async (random, milliseconds) => {
        const whole = pick(cluster.members, random);
        const paused = cluster.members.filter((member) => member !== whole);
        for (const member of paused) member.pause();
        await sleep(milliseconds);
        for (const member of paused) member.continue();
        await cluster.ready();
      },
    },
    'members restarted in turn': {
      subject: 'members',
      run: async () => {
        for (const member of cluster.members) {
          await member.terminate();
          member.start();
          await cluster.ready();
        }
      },
    },
    'member lost its data and is replaced': {
      subject: 'members',
      run: async (random) => {
        await cluster.replace(pick(cluster.members, random));
        await cluster.ready();
      },
    },
  };
}

export function memberDiskFaults({ cluster }: MemberTargets, disks: ReadonlyMap<string, SmallDisk>): Faults {
  return {
    "member's disk full": {
      subject: 'members',
      run: async (random, milliseconds) => {
        const member = pick(cluster.members, random);
        const disk = disks.get(member.name);
        disk?.fill(0);
        await sleep(milliseconds / 2);
        // A start needs space: it may end at once, which is what a full disk does to etcd.
        await member.kill();
        member.start();
        await sleep(milliseconds / 2);
        disk?.free();
        if (!member.running) member.start();
        await cluster.ready();
      },
    },
  };
}

export function slowMemberFaults({ cluster }: MemberTargets): Faults {
  return {
    "leader's disk slow": {
      subject: 'members',
      run: async (random, milliseconds) => {
        const mend = await slowDisk((await cluster.leader()).pid, 20 + random() * 200);
        await sleep(milliseconds);
        await mend();
      },
    },
  };
}
