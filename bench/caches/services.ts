/** Starts what is compared: services of one process (serve.ts), on the servers' core. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { moveToCore, serverCore, startServer } from '../pinned.ts';
import { runKvstore } from '../speed/servers/kvstore.ts';
import type { StoreName } from './cells.ts';
import type { Variant } from './serve.ts';
import { setOf } from './workloads.ts';

const script = fileURLToPath(new URL('serve.ts', import.meta.url));

export interface Services extends AsyncDisposable {
  /** In the order of the variants. */
  readonly ports: readonly number[];
  readonly pids: readonly number[];
}

export async function serve(variants: readonly Omit<Variant, 'port'>[]): Promise<Services> {
  const ports = await freePorts(variants.length);
  const list = variants.map((variant, i) => ({ ...variant, port: ports[i] }));
  const env = { BENCH_VARIANTS: JSON.stringify(list), KV_LOG_LEVEL: 'error' };
  // They listen one after the other.
  const server = await startServer({ command: process.execPath, args: [script], env, port: ports.at(-1) ?? 0 });
  try {
    for (const port of ports) {
      await waitFor('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
    }
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return { ports, pids: server.pids, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** The stores of two services, with as many pairs each. */
export class Stores implements AsyncDisposable {
  readonly #scratch: string;
  readonly #filled = new Map<number, string>();
  #cluster: EtcdCluster | undefined;
  #prefixes = 0;

  /** `scratch`: a folder for all of them. */
  constructor(scratch: string) {
    this.#scratch = scratch;
  }

  /** Settings and folders of the services. */
  async two(store: StoreName, pairs: number): Promise<readonly Pick<Variant, 'directory' | 'settings'>[]> {
    return store === 'etcd' ? this.#twoInEtcd(pairs) : this.#twoCopies(pairs);
  }

  /** A folder with the pairs, which only reads may use. */
  async filled(pairs: number): Promise<string> {
    const there = this.#filled.get(pairs);
    if (there !== undefined) return there;
    const directory = join(this.#scratch, `${pairs}`);
    await using server = await runKvstore(directory);
    await fill(server.url, pairs, 1000);
    this.#filled.set(pairs, directory);
    return directory;
  }

  async #twoCopies(pairs: number) {
    const from = await this.filled(pairs);
    const directories = ['with', 'without'].map((name) => join(this.#scratch, name));
    for (const directory of directories) {
      await rm(directory, { recursive: true, force: true });
      await cp(from, directory, { recursive: true });
    }
    return directories.map((directory) => ({ directory }));
  }

  async #twoInEtcd(pairs: number) {
    this.#cluster ??= await startCluster();
    const endpoints = this.#cluster.endpoints.join(',');
    const number = this.#prefixes++;
    const variants = ['with', 'without'].map((name) => ({
      directory: join(this.#scratch, `replica-${name}-${number}`),
      settings: { KV_ETCD_ENDPOINTS: endpoints, KV_ETCD_PREFIX: `/${name}-${number}/` },
    }));
    await using services = await serve(variants);
    for (const port of services.ports) await fill(`http://127.0.0.1:${port}`, pairs, 100);
    return variants;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster?.stop();
  }
}

async function startCluster(): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start({ size: 3 });
  for (const { pid } of cluster.members) moveToCore(serverCore, pid);
  return cluster;
}

async function fill(url: string, pairs: number, perRequest: number): Promise<void> {
  for (let i = 0; i < pairs; i += perRequest) {
    const count = Math.min(perRequest, pairs - i);
    const body = `{${Array.from({ length: count }, (_, j) => setOf(i + j).slice(1, -1)).join(',')}}`;
    const answer = await fetch(`${url}/set`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`set answered with ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}
