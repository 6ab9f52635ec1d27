/** The store's processes, each behind proxies of its own to every member of etcd, and to its port for other replicas. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { TcpProxy } from '../../../test-support/network/tcp-proxy.ts';
import { pick } from '../../../test-support/seeded-random.ts';
import { ServiceProcess } from '../../../test-support/service-process/service-process.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { SkewedClock, skewedService } from '../../clocks/skewed-clock.ts';
import { fastest, slowest } from '../faults/clock-faults.ts';
import type { FreshReads } from '../faults/schedule.ts';
import { scrape } from './scrape.ts';

/** A stall that a reader's silence causes lasts 2.6 s at the most: with leases, writes get through it. */
const requestTimeouts = { barrier: '2500ms', lease: '4s' } as const;
const replicaCount = 3;
/** Of the clocks of each replica with leases, as a rule: they differ by as much as may be. */
const rates = [fastest, 1, slowest];

export class Replicas {
  /** A process that is started again takes the place of the one before. */
  readonly processes: ServiceProcess[] = [];
  /** `[process][member]`. */
  readonly proxies: TcpProxy[][] = [];
  /** Of the ports for other replicas; none without reads by lease. */
  readonly peers: TcpProxy[] = [];
  /** None without reads by lease. */
  readonly clocks: SkewedClock[] = [];
  readonly #cluster: EtcdCluster;
  readonly #freshReads: FreshReads;
  readonly #directory: string;
  #peerPorts: readonly number[] = [];

  constructor(cluster: EtcdCluster, freshReads: FreshReads, directory: string) {
    this.#cluster = cluster;
    this.#freshReads = freshReads;
    this.#directory = directory;
  }

  static async start(cluster: EtcdCluster, freshReads: FreshReads): Promise<Replicas> {
    const replicas = new Replicas(cluster, freshReads, await mkdtemp(join(tmpdir(), 'kvstore-linearizable-')));
    try {
      await replicas.#startAll();
      return replicas;
    } catch (error) {
      await replicas.stop();
      throw error;
    }
  }

  /** Kills the process and starts another one so many milliseconds later, with its index or without. */
  async restart(i: number, keepIndex: boolean, milliseconds = 0): Promise<void> {
    await this.processes[i]?.kill();
    if (!keepIndex) await rm(join(this.#directory, String(i)), { recursive: true, force: true });
    await sleep(milliseconds);
    await this.#start(i);
  }

  /**
   * A replica that got a notice takes no lease for 10 s and more, a new process at once. Processes without a lease are
   * replaced, so that the next fault finds leases. Resolves also when there are none.
   */
  async renewLeases(): Promise<void> {
    await Promise.all(
      this.processes.map(async (_, i) => {
        if (await this.#holdsLease(i, 2000)) return;
        await this.restart(i, true);
        await this.#holdsLease(i, 5000);
      }),
    );
  }

  /** One that holds a lease now, drawn from all that do. Rejects when none takes one in time. */
  async leaseHolder(random: () => number): Promise<number> {
    let holders: number[] = [];
    const someHold = async () => {
      const held = await Promise.all(this.processes.map((_, i) => this.#hasLease(i)));
      holders = [...held.keys()].filter((i) => held[i]);
      return holders.length > 0;
    };
    await waitFor('a replica with a lease', someHold, { timeout: 60_000, interval: 250 });
    return pick(holders, random);
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((replica) => replica.kill()));
    await Promise.all([...this.proxies.flat(), ...this.peers].map((proxy) => proxy.close()));
    for (const clock of this.clocks) clock.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #startAll(): Promise<void> {
    if (this.#freshReads === 'lease') this.#peerPorts = await freePorts(replicaCount);
    for (const [i, port] of this.#peerPorts.entries()) {
      this.peers.push(await TcpProxy.start(port));
      this.clocks.push(new SkewedClock(join(this.#directory, `${i}.clock`), rates[i] ?? 1));
    }
    for (let i = 0; i < replicaCount; i++) {
      this.proxies.push(await Promise.all(this.#cluster.members.map(({ port }) => TcpProxy.start(port))));
      await this.#start(i);
    }
  }

  async #start(i: number): Promise<void> {
    this.processes[i] = await ServiceProcess.start({
      endpoints: this.proxies[i]?.map(({ port }) => `http://127.0.0.1:${port}`) ?? [],
      script: this.#freshReads === 'lease' ? skewedService : undefined,
      dataDir: join(this.#directory, String(i)),
      settings: { KV_REQUEST_TIMEOUT: requestTimeouts[this.#freshReads], ...this.#leaseSettings(i) },
    });
  }

  /** Within so many milliseconds. */
  async #holdsLease(i: number, timeout: number): Promise<boolean> {
    return waitFor('a lease', () => this.#hasLease(i), { timeout, interval: 250 }).catch(() => false);
  }

  async #hasLease(i: number): Promise<boolean> {
    return (await scrape(this.processes[i]?.url ?? '', 1000)).get('kvstore_lease_held') === 1;
  }

  #leaseSettings(i: number): Record<string, string> {
    if (this.#freshReads === 'barrier') return {};
    return {
      KV_FRESH_READS: 'lease',
      KV_PEER_PORT: String(this.#peerPorts[i]),
      KV_PEER_ADDRESS: `127.0.0.1:${this.peers[i]?.port}`,
      ...this.clocks[i]?.environment,
    };
  }
}
