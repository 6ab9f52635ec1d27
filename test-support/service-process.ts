/** A process of the real service on an etcd cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.ts';
import { waitFor } from './wait-for.ts';

const main = fileURLToPath(new URL('../service/src/main.ts', import.meta.url));

export interface ServiceOptions {
  readonly endpoints: readonly string[];
  readonly dataDir: string;
  /** Further KV_ variables. */
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
  static async start({ endpoints, dataDir, settings = {}, script = main }: ServiceOptions): Promise<ServiceProcess> {
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

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ready(): Promise<void> {
    await waitFor('the service is ready', async () => (await fetch(`${this.url}/readyz`)).ok);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (!this.running) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}
