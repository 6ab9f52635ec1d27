/** A service process to measure, with a directory of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';

/** The least that any service must do for a set. */
export const atBest = fileURLToPath(new URL('at-best.ts', import.meta.url));

/** As the operator runs etcd. */
export const maxTxnOps = 10_000;

export class MeasuredService {
  readonly port: number;
  readonly #process: ServiceProcess;
  readonly #dataDir: string;

  constructor(process: ServiceProcess, dataDir: string) {
    this.#process = process;
    this.port = process.port;
    this.#dataDir = dataDir;
  }

  /** Resolves when it is ready. `script`: another than the service's. */
  static async start(
    endpoints: readonly string[],
    script?: string,
    further: Readonly<Record<string, string>> = {},
  ): Promise<MeasuredService> {
    const dataDir = await mkdtemp(join(tmpdir(), 'kvstore-bench-'));
    const settings = { KV_ETCD_MAX_TXN_OPS: String(maxTxnOps), ...further };
    const service = new MeasuredService(await ServiceProcess.start({ endpoints, dataDir, settings, script }), dataDir);
    try {
      await service.#process.ready();
      return service;
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** How many calls of this kind the process has made to etcd. */
  async etcdCalls(call: 'range' | 'txn'): Promise<number> {
    const text = await (await fetch(`${this.#process.url}/metrics`)).text();
    const counts = text.matchAll(/^kvstore_etcd_request_duration_seconds_count\{([^}]*)\} (\S+)$/gm);
    return [...counts]
      .filter(([, labels]) => labels?.includes(`call="${call}"`))
      .reduce((sum, [, , count]) => sum + Number(count), 0);
  }

  async stop(): Promise<void> {
    await this.#process.kill();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
