/** A process of the real service, embedded or on an etcd cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.ts';
import { waitFor } from './wait-for.ts';

const main = fileURLToPath(new URL('../service/src/main.ts', import.meta.url));

export interface ServiceOptions {
  /** Of etcd; none: the embedded store. */
  readonly endpoints?: readonly string[];
  readonly dataDir: string;
  /** Further variables of its environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Another script that takes the same variables. */
  readonly script?: string;
}

export class ServiceProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves when it answers that it is alive, ready or not. */
  static async start({
    endpoints = [],
    dataDir,
    settings = {},
    script = main,
  }: ServiceOptions): Promise<ServiceProcess> {
    const [port = 0] = await freePorts(1);
    const own = { KV_ETCD_ENDPOINTS: endpoints.join(','), KV_DATA_DIR: dataDir, KV_PORT: String(port) };
    const env = { ...process.env, KV_LOG_LEVEL: 'fatal', ...own, ...settings };
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const service = new ServiceProcess(child, port);
    try {
      await waitFor('the service is alive', async () => (await fetch(`${service.url}/livez`)).ok);
      return service;
    } catch (error) {
      await service.kill();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ready(): Promise<void> {
    await waitFor('the service is ready', async () => (await fetch(`${this.url}/readyz`)).ok);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; resolves when the process is gone. */
  async terminate(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGSTOP: its sockets stay open, and nothing answers. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  continue(): void {
    this.#child.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await gone;
  }
}
