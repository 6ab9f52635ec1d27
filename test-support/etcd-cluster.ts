/** Real etcd members on loopback, each a process that a test may kill, stop and start again. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Certificate } from './certificates.ts';
import { EtcdMember } from './etcd-member.ts';
import { freePorts } from './network/free-ports.ts';
import { listens } from './network/listens.ts';
import { needBinary } from './programs/binaries.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);
const state = '--initial-cluster-state';
/** An election on a busy machine takes longer than the 5 s that etcdctl waits. */
const commandTimeout = '--command-timeout=30s';

export interface ClusterOptions {
  /** 1 or 3. */
  readonly size?: number;
  /** Further flags of every member, such as `--quota-backend-bytes=…`. */
  readonly flags?: readonly string[];
  /** https with a certificate that each member makes for itself. */
  readonly tls?: boolean;
  /** https with these files; only clients with a certificate of the authority may connect. */
  readonly certificates?: ClusterCertificates;
  /** False keeps fsync: needed only where a machine may lose power. */
  readonly unsafeNoFsync?: boolean;
  /** Where a member keeps its data; default a folder of the cluster's own. */
  readonly dataDir?: (name: string) => string;
}

export interface ClusterCertificates {
  readonly authority: string;
  readonly server: Certificate;
  /** For etcdctl. */
  readonly client: Certificate;
}

export class EtcdCluster {
  readonly directory: string;
  /** Flags of etcdctl, such as `--user`. */
  ctlFlags: readonly string[] = [];
  readonly #options: ClusterOptions;
  #members: EtcdMember[] = [];
  #generation = 0;
  #tlsFlags: readonly string[] = [];

  constructor(directory: string, options: ClusterOptions) {
    this.directory = directory;
    this.#options = options;
  }

  /** Resolves when the cluster has a leader. Stop it in a teardown. */
  static async start(options: ClusterOptions = {}): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(await mkdtemp(join(tmpdir(), 'kvstore-etcd-')), options);
    try {
      if (options.certificates !== undefined) cluster.useCertificates(options.certificates);
      await cluster.#create(options.size ?? 1);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** From the next start of a member on. */
  useCertificates({ authority, server, client }: ClusterCertificates): void {
    this.ctlFlags = ['--cert', client.certFile, '--key', client.keyFile];
    this.#tlsFlags = [
      ...['--cert-file', server.certFile, '--key-file', server.keyFile],
      ...['--trusted-ca-file', authority, '--client-cert-auth'],
    ];
    for (const member of this.#members) member.flags = this.#flags();
  }

  get members(): readonly EtcdMember[] {
    return this.#members;
  }

  get endpoints(): string[] {
    return this.#members.map(({ url }) => url);
  }

  /** Ends all members and removes their data. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  /** etcdctl with JSON answers, asked of the members that run. */
  async ctl(...args: string[]): Promise<unknown> {
    const running = this.#members.filter(({ running }) => running).map(({ url }) => url);
    const flags = [
      '--endpoints',
      running.join(','),
      '--insecure-skip-tls-verify',
      commandTimeout,
      ...this.ctlFlags,
      '-w',
      'json',
    ];
    const { stdout } = await run(needBinary('etcdctl'), [...flags, ...args], { maxBuffer: 256 << 20 });
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /** Resolves when a linearizable read works. */
  async ready(): Promise<void> {
    // etcdctl waits a second before it connects again.
    const running = this.#members.filter(({ running }) => running);
    await Promise.all(running.map(({ name, port }) => waitFor(`${name} listens`, () => listens(port))));
    await waitFor('etcd answers a linearizable read', async () => {
      await this.ctl('--command-timeout=2s', 'get', 'ready');
      return true;
    });
  }

  async leader(): Promise<EtcdMember> {
    return await waitFor('etcd has a leader', async () => {
      const states = await Promise.all(this.#members.map((member) => member.status().catch(() => undefined)));
      return this.#members.find((_, i) => states[i] !== undefined && states[i].leader === states[i].memberId);
    });
  }

  async followers(): Promise<EtcdMember[]> {
    const leader = await this.leader();
    return this.#members.filter((member) => member !== leader);
  }

  /** Current revision of the store. */
  async revision(): Promise<number> {
    const answer = (await this.ctl('get', 'revision')) as { header: { revision: number } };
    return answer.header.revision;
  }

  /** Forgets what lies before the revision. */
  async compact(revision: number): Promise<void> {
    await this.command('compact', String(revision));
  }

  /** etcdctl, asked of all members; resolves with what it printed. */
  async command(...args: string[]): Promise<string> {
    const flags = [
      '--endpoints',
      this.endpoints.join(','),
      '--insecure-skip-tls-verify',
      commandTimeout,
      ...this.ctlFlags,
    ];
    const { stdout } = await run(needBinary('etcdctl'), [...flags, ...args]);
    return stdout;
  }

  /** The ids of all leases, in decimal. */
  async leases(): Promise<string[]> {
    const listed = await this.command('lease', 'list');
    return [...listed.matchAll(/^[0-9a-f]+$/gm)].map(([id]) => String(BigInt(`0x${id}`)));
  }

  async saveSnapshot(): Promise<string> {
    const file = join(this.directory, `snapshot-${++this.#generation}.db`);
    const [member] = this.#members;
    if (member === undefined) throw new Error('No member');
    await run(needBinary('etcdctl'), ['--endpoints', member.url, 'snapshot', 'save', file]);
    return file;
  }

  /** Ends all members, puts them back to the snapshot, and starts them at the same addresses. */
  async restoreSnapshot(file: string): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
    const generation = ++this.#generation;
    for (const member of this.#members) {
      member.dataDir = join(this.directory, `${member.name}-${generation}`);
      await run(needBinary('etcdutl'), [
        ...['snapshot', 'restore', file, '--name', member.name, '--data-dir', member.dataDir],
        ...['--initial-cluster', this.#initialCluster(), '--initial-advertise-peer-urls', member.peerUrl],
      ]);
    }
    for (const member of this.#members) member.start();
    await this.ready();
  }

  /**
   * A member's data is lost: it is ended, removed from the cluster, added again as a learner without data at the same
   * addresses, and promoted once it has caught up. Needs a quorum of the others.
   */
  async replace(member: EtcdMember): Promise<void> {
    const { memberId } = await waitFor('the member answers', () => member.status());
    await member.kill();
    await rm(member.dataDir, { recursive: true, force: true });
    const others = this.#members.filter((other) => other !== member).map(({ url }) => url);
    const members = async (...args: string[]) => {
      const flags = ['--endpoints', others.join(','), '--command-timeout=20s', '-w', 'json', 'member'];
      const { stdout } = await run(needBinary('etcdctl'), [...flags, ...args]);
      // An id has 64 bits, more than a number of JSON.parse holds.
      return [...stdout.matchAll(/"ID":(\d+)[^}]*"peerURLs":\["([^"]*)"/g)].map(([, id = '', url]) => ({ id, url }));
    };
    // A change that timed out may have been made; and one is refused while the others look unhealthy.
    await waitFor('the member is removed', async () => {
      if (!(await members('list')).some(({ id }) => id === memberId)) return true;
      await members('remove', hex(memberId));
      return false;
    });
    const added = await waitFor('etcd takes a new member', async () => {
      const found = (await members('list')).find(({ url }) => url === member.peerUrl);
      if (found === undefined) await members('add', member.name, '--learner', `--peer-urls=${member.peerUrl}`);
      return found;
    });
    member.flags = [...member.flags.filter((flag) => !flag.startsWith(state)), `${state}=existing`];
    member.start();
    await waitFor('the new member is promoted', () => members('promote', hex(added.id)).then(() => true));
  }

  #initialCluster(): string {
    return this.#members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  }

  async #create(size: number): Promise<void> {
    const { dataDir = (name) => join(this.directory, name) } = this.#options;
    const ports = await freePorts(size * 2);
    this.#members = Array.from({ length: size }, (_, i) => {
      const [client = 0, peer = 0] = ports.slice(2 * i, 2 * i + 2);
      const { tls = false, certificates } = this.#options;
      const scheme = tls || certificates !== undefined ? 'https' : 'http';
      const name = `m${i}`;
      return new EtcdMember({ scheme, name, client, peer, dataDir: dataDir(name) });
    });
    for (const member of this.#members) {
      member.flags = this.#flags();
      member.start();
    }
  }

  #flags(): string[] {
    const { flags = [], unsafeNoFsync = true, tls = false } = this.#options;
    const noFsync = unsafeNoFsync ? ['--unsafe-no-fsync'] : [];
    const autoTls = tls ? ['--auto-tls'] : [];
    return ['--initial-cluster', this.#initialCluster(), ...noFsync, ...autoTls, ...this.#tlsFlags, ...flags];
  }
}

function hex(decimal: string): string {
  return BigInt(decimal).toString(16);
}
