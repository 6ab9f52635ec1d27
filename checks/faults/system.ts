/** What is tested: the service with everything it stands on, and the faults that this machine can inject into it. */
import { join } from 'node:path';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { TcpProxy } from '../../test-support/network/tcp-proxy.ts';
import { mountSmallDisk, type SmallDisk } from '../../test-support/small-disk.ts';
import type { Faults } from './fault.ts';
import { memberDiskFaults, memberFaults, sharedFaults, slowMemberFaults } from './member-faults.ts';
import { clockFaults, fullDiskFaults, serviceFaults, slowDiskFaults } from './service-faults.ts';
import { ServiceUnit } from './service-unit.ts';
import { canSlowDown } from './slow-disk.ts';

export type Mode = 'embedded' | 'etcd';
export const modes: readonly Mode[] = ['embedded', 'etcd'];

export interface System {
  readonly units: readonly ServiceUnit[];
  readonly faults: Faults;
  /** Kinds that the machine does not allow, each with what is missing. */
  readonly impossible: readonly string[];
  /** Undoes what a fault that failed halfway may have left. */
  mend(): void;
}

const MiB = 2 ** 20;
const replicas = 3;

/** Starts it in the folder; whatever was started is put into `cleanups`, also when it then throws. */
export async function startSystem(
  mode: Mode,
  directory: string,
  cleanups: (() => Promise<unknown>)[],
): Promise<System> {
  return mode === 'embedded' ? startEmbedded(directory, cleanups) : startWithEtcd(directory, cleanups);
}

async function startEmbedded(directory: string, cleanups: (() => Promise<unknown>)[]): Promise<System> {
  const unit = await ServiceUnit.start({ directory, diskSize: 256 * MiB });
  cleanups.push(() => unit.stop());
  return { ...faultsOf([unit], {}), units: [unit], mend: () => unit.process.continue() };
}

async function startWithEtcd(directory: string, cleanups: (() => Promise<unknown>)[]): Promise<System> {
  const disks = new Map<string, SmallDisk>();
  cleanups.push(async () => {
    for (const disk of disks.values()) disk.unmount();
  });
  const dataDir = (name: string) => {
    const home = join(directory, name);
    // Two segments of etcd's log have 64 MiB each, however little is in them.
    const disk = mountSmallDisk(home, 320 * MiB);
    if (disk !== undefined) disks.set(name, disk);
    return disk?.folder ?? join(home, 'data');
  };
  // With flushes: a slow disk shows in nothing else.
  const cluster = await EtcdCluster.start({ size: 3, unsafeNoFsync: false, dataDir });
  cleanups.push(() => cluster.stop());
  const units: ServiceUnit[] = [];
  const proxies: TcpProxy[][] = [];
  for (let i = 0; i < replicas; i++) {
    const own = await Promise.all(cluster.members.map(({ port }) => TcpProxy.start(port)));
    cleanups.push(() => Promise.all(own.map((proxy) => proxy.close())));
    proxies.push(own);
    const endpoints = own.map(({ port }) => `http://127.0.0.1:${port}`);
    const unit = await ServiceUnit.start({
      directory: join(directory, `service-${i}`),
      endpoints,
      diskSize: 256 * MiB,
    });
    cleanups.push(() => unit.stop());
    units.push(unit);
  }
  const targets = { cluster, proxies, units };
  const own = {
    ...sharedFaults(targets),
    ...memberFaults(targets),
    ...(disks.size > 0 ? memberDiskFaults(targets, disks) : {}),
    ...(canSlowDown() ? slowMemberFaults(targets) : {}),
  };
  const mend = () => {
    for (const member of cluster.members) member.continue();
    for (const unit of units) unit.process.continue();
  };
  return { ...faultsOf(units, own), units, mend };
}

function faultsOf(units: readonly ServiceUnit[], own: Faults): Pick<System, 'faults' | 'impossible'> {
  const small = units.every(({ disk }) => disk !== undefined);
  const slow = canSlowDown();
  return {
    faults: {
      ...serviceFaults(units),
      ...(small ? fullDiskFaults(units) : {}),
      ...(slow ? slowDiskFaults(units) : {}),
      ...clockFaults(units),
      ...own,
    },
    impossible: [
      ...(small ? [] : ['full disks (need Linux, root and mount)']),
      ...(slow ? [] : ['slow disks (need strace, and leave to follow a process)']),
      'clock jumps of etcd (it asks the kernel, and one machine has one clock)',
    ],
  };
}
