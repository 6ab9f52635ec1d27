/** One etcd process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needBinary } from './programs/binaries.ts';
import { waitFor } from './wait-for.ts';

export interface MemberStatus {
  readonly memberId: string;
  readonly leader: string;
  readonly version: string;
}

export interface MemberOptions {
  readonly name: string;
  readonly scheme?: 'http' | 'https';
  /** Port for clients. */
  readonly client: number;
  /** Port for other members. */
  readonly peer: number;
  readonly dataDir: string;
}

export class EtcdMember {
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  readonly peerUrl: string;
  dataDir: string;
  flags: readonly string[] = [];
  #process: ChildProcess | undefined;
  #log = '';

  constructor({ name, scheme = 'http', client, peer, dataDir }: MemberOptions) {
    this.name = name;
    this.scheme = scheme;
    this.port = client;
    this.peerUrl = `http://127.0.0.1:${peer}`;
    this.dataDir = dataDir;
  }

  get url(): string {
    // A name: gRPC for Node cannot check the certificate of an address.
    const host = this.scheme === 'https' ? 'localhost' : '127.0.0.1';
    return `${this.scheme}://${host}:${this.port}`;
  }

  /** PEM file of the certificate that the member made for itself. */
  get certificateFile(): string {
    return join(this.dataDir, 'fixtures', 'client', 'cert.pem');
  }

  /** 0 when it is not running. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** The end of what it has logged. */
  get log(): string {
    return this.#log;
  }

  start(): void {
    const child = spawn(
      needBinary('etcd'),
      [
        ...['--name', this.name, '--data-dir', this.dataDir, '--log-level', 'warn'],
        ...['--listen-client-urls', this.url, '--advertise-client-urls', this.url],
        ...['--listen-peer-urls', this.peerUrl, '--initial-advertise-peer-urls', this.peerUrl],
        ...this.flags,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr.on('data', (data: Buffer) => {
      this.#log = (this.#log + data.toString()).slice(-20_000);
    });
    child.on('error', (error) => {
      this.#log += String(error);
    });
    this.#process = child;
    child.on('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
  }

  /** SIGKILL; resolves when the process is gone. Does nothing when it is not running. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM: it hands over what it leads; resolves when the process is gone. */
  async terminate(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** SIGSTOP: its sockets stay open, and nothing answers. Resolves when that is so. */
  async pause(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    // The signal is only on its way: on a busy machine the threads go on for some milliseconds, and answer.
    await waitFor('every thread is stopped', () => threadStates(pid).every((state) => state === 'T'), { interval: 1 });
  }

  continue(): void {
    this.#process?.kill('SIGCONT');
  }

  /** What the member itself knows; no leader is needed. Throws when it does not answer. */
  async status(): Promise<MemberStatus> {
    const response = await fetch(`${this.url}/v3/maintenance/status`, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.timeout(1000),
    });
    const status = (await response.json()) as { header: { member_id: string }; leader: string; version: string };
    return { memberId: status.header.member_id, leader: status.leader, version: status.version };
  }
}

/** A letter a thread, from Linux; none elsewhere. */
function threadStates(pid: number): string[] {
  const directory = `/proc/${pid}/task`;
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((thread) => {
    const stat = readFileSync(join(directory, thread, 'stat'), 'utf8');
    // The name in parentheses may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  });
}
