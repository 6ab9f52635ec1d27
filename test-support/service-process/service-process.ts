/** A process of the service as a part of something larger: embedded or on an etcd cluster, with the defaults it ships with. */
import { freePorts } from '../network/free-ports.ts';
import { waitFor } from '../wait-for.ts';
import { type Spawned, spawnService } from './spawn.ts';

export interface ServiceOptions {
  /** Of etcd; none: the embedded store. */
  readonly endpoints?: readonly string[];
  readonly dataDir: string;
  /** Further variables of its environment. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Another script that takes the same variables. */
  readonly script?: string | undefined;
}

export class ServiceProcess {
  readonly port: number;
  readonly #spawned: Spawned;

  constructor(spawned: Spawned, port: number) {
    this.#spawned = spawned;
    this.port = port;
  }

  /** Resolves when it answers that it is alive, ready or not. */
  static async start({ endpoints = [], dataDir, settings = {}, script }: ServiceOptions): Promise<ServiceProcess> {
    const [port = 0] = await freePorts(1);
    const own = { KV_ETCD_ENDPOINTS: endpoints.join(','), KV_DATA_DIR: dataDir, KV_PORT: String(port) };
    const env = { ...process.env, KV_LOG_LEVEL: 'fatal', ...own, ...settings };
    const spawned = spawnService({ env, script });
    spawned.child.stdout.resume();
    spawned.child.stderr.pipe(process.stderr);
    const service = new ServiceProcess(spawned, port);
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
    return this.#spawned.child.pid ?? 0;
  }

  get running(): boolean {
    const { exitCode, signalCode } = this.#spawned.child;
    return exitCode === null && signalCode === null;
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
    this.#spawned.child.kill('SIGSTOP');
  }

  continue(): void {
    this.#spawned.child.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.#spawned.child.kill(signal);
    await this.#spawned.ended;
  }
}
