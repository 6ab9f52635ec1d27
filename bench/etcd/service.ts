/** A service process on an etcd cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test-support/free-ports.ts';
import { waitFor } from '../../test-support/wait-for.ts';

const main = fileURLToPath(new URL('../../service/src/main.ts', import.meta.url));
/** The same store behind the least of HTTP, for measurements of the store alone (KV_BENCH_BARE=1). */
const bare = fileURLToPath(new URL('bare-server.ts', import.meta.url));

export class ServiceProcess {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #dataDir: string;

  constructor(child: ChildProcess, port: number, dataDir: string) {
    this.#child = child;
    this.port = port;
    this.#dataDir = dataDir;
  }

  /** Resolves when it is ready. */
  static async start(endpoints: readonly string[]): Promise<ServiceProcess> {
    const [port = 0] = await freePorts(1);
    const dataDir = await mkdtemp(join(tmpdir(), 'kvstore-bench-'));
    const script = existsSync(main) && process.env.KV_BENCH_BARE === undefined ? main : bare;
    const settings = { KV_ETCD_ENDPOINTS: endpoints.join(','), KV_DATA_DIR: dataDir, KV_PORT: String(port) };
    const env = { ...process.env, ...settings, KV_LOG_LEVEL: 'warn' };
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const service = new ServiceProcess(child, port, dataDir);
    try {
      await waitFor('the service is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  /** How many calls of this kind the process has made to etcd. */
  async etcdCalls(call: 'range' | 'txn'): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    const counts = text.matchAll(/^kvstore_etcd_request_duration_seconds_count\{([^}]*)\} (\S+)$/gm);
    return [...counts]
      .filter(([, labels]) => labels?.includes(`call="${call}"`))
      .reduce((sum, [, , count]) => sum + Number(count), 0);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await gone;
    }
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
