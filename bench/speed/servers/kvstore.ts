/** The product as it ships: main.ts with its defaults, metrics on, an embedded store on the disk that is measured. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { type PinnedServer, startServer } from '../../pinned.ts';
import { keyOf, value } from '../data.ts';
import type { Bench } from '../row.ts';

const thisCheckout = fileURLToPath(new URL('../../..', import.meta.url));

export interface KvstoreOptions {
  /** Pairs that it holds. */
  readonly pairs: number;
  /** Names its folder; an own one for each store of a row. */
  readonly name?: string;
  /** Further KV_ variables. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** The same, for the process that serves alone, not for the one that fills the store. */
  readonly serving?: Readonly<Record<string, string>>;
  /** See ServerOptions. */
  readonly flushDelay?: number | undefined;
}

/** Filled by a process before it: what a process has compiled while it was filled would be for large sets. */
export async function startKvstore(bench: Bench, options: KvstoreOptions): Promise<PinnedServer> {
  const { pairs, name = 'kvstore', settings, serving, flushDelay } = options;
  const directory = join(bench.scratch, name);
  await fillDirectory(directory, pairs);
  return bench.ending.use(await runKvstore(directory, { ...settings, ...serving }, { flushDelay }));
}

export async function fillDirectory(directory: string, pairs: number): Promise<void> {
  await using server = await runKvstore(directory);
  await fill(server, pairs);
}

/** On a folder that may hold pairs already. */
export async function runKvstore(
  directory: string,
  settings: Readonly<Record<string, string>> = {},
  {
    flushDelay,
    checkout = thisCheckout,
  }: { readonly flushDelay?: number | undefined; readonly checkout?: string } = {},
): Promise<PinnedServer> {
  const [port = 0] = await freePorts(1);
  return startServer({
    command: process.execPath,
    args: [join(checkout, 'service/src/main.ts')],
    env: { KV_DATA_DIR: directory, KV_PORT: String(port), KV_LOG_LEVEL: 'warn', KV_LOG_FORMAT: 'json', ...settings },
    port,
    flushDelay,
  });
}

/** `perRequest`: etcd takes no more than its --max-txn-ops. */
export async function fill({ url }: { readonly url: string }, pairs: number, perRequest = 1000): Promise<void> {
  for (let i = 0; i < pairs; i += perRequest) {
    const members = Array.from({ length: Math.min(perRequest, pairs - i) }, (_, j) => `"${keyOf(i + j)}":${value}`);
    const answer = await fetch(`${url}/set`, { method: 'POST', body: `{${members.join(',')}}` });
    if (!answer.ok) throw new Error(`set answered with ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}
