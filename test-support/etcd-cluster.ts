/** Real etcd members on loopback, each a process that a test may kill, stop and start again. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needBinary } from './binaries.ts';
import { EtcdMember } from './etcd-member.ts';
import { freePorts } from './free-ports.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);
const state = '--initial-cluster-state';

export interface ClusterOptions {
  /** 1 or 3. */
  readonly size?: number;
  /** Further flags of every member, such as `--quota-backend-bytes=…`. */
  readonly flags?: readonly string[];
  /** https with a certificate that each member makes for itself. */
  readonly tls?: boolean;
  /** False keeps fsync: needed only where a machine may lose power. */
  readonly unsafeNoFsync?: boolean;
  /** Where a member keeps its data; default a folder of the cluster's own. */
  readonly dataDir?: (name: string) => string;
}

export class EtcdCluster {
  readonly directory: string;
  /** Flags of etcdctl, such as `--user`. */
  ctlFlags: readonly string[] = [];
  readonly #options: ClusterOptions;
  #members: EtcdMember[] = [];
  #generation = 0;

  constructor(directory: string, options: ClusterOptions) {
    this.directory = directory;
    this.#options = options;
  }

  /** Resolves when the cluster has a leader. Stop it in a teardown. */
  static async start(options: ClusterOptions = {}): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(await mkdtemp(join(tmpdir(), 'kvstore-etcd-')), options);
    try {
      await cluster.#create(options.size ?? 1);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
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
    const flags = ['--endpoints', running.join(','), '--insecure-skip-tls-verify', ...this.ctlFlags, '-w', 'json'];
    const { stdout } = await run(needBinary('etcdctl'), [...flags, ...args], { maxBuffer: 256 << 20 });
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /** Resolves when a linearizable read works. */
  async ready(): Promise<void> {
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

  /** etcdctl without an answer, asked of all members. */
  async command(...args: string[]): Promise<void> {
    const flags = ['--endpoints', this.endpoints.join(','), '--insecure-skip-tls-verify', ...this.ctlFlags];
    await run(needBinary('etcdctl'), [...flags, ...args]);
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
    const change = async (...args: string[]) => {
      const flags = ['--endpoints', others.join(','), '-w', 'json', 'member'];
      const { stdout } = await run(needBinary('etcdctl'), [...flags, ...args]);
      // An id has 64 bits, more than a number of JSON.parse holds.
      return hex(/"member":\{"ID":(\d+)/.exec(stdout)?.[1] ?? '0');
    };
    await change('remove', hex(memberId));
    const add = () => change('add', member.name, '--learner', `--peer-urls=${member.peerUrl}`);
    // Refused while the others look unhealthy, such as right after an election.
    const id = await waitFor('etcd takes a new member', add);
    member.flags = [...member.flags.filter((flag) => !flag.startsWith(state)), `${state}=existing`];
    member.start();
    await waitFor('the new member is promoted', () => change('promote', id).then(() => true));
  }

  #initialCluster(): string {
    return this.#members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  }

  async #create(size: number): Promise<void> {
    const { flags = [], unsafeNoFsync = true, dataDir = (name) => join(this.directory, name) } = this.#options;
    const ports = await freePorts(size * 2);
    this.#members = Array.from({ length: size }, (_, i) => {
      const [client = 0, peer = 0] = ports.slice(2 * i, 2 * i + 2);
      const scheme = this.#options.tls ? 'https' : 'http';
      const name = `m${i}`;
      return new EtcdMember({ scheme, name, client, peer, dataDir: dataDir(name) });
    });
    for (const member of this.#members) {
      member.flags = [
        '--initial-cluster',
        this.#initialCluster(),
        ...(unsafeNoFsync ? ['--unsafe-no-fsync'] : []),
        ...flags,
      ];
      member.start();
    }
  }
}

function hex(decimal: string): string {
  return BigInt(decimal).toString(16);
}
