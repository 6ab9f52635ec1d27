/** Starts plain-server.ts: how one would write it with Koa and a Map, which is what the Go original does. */
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { type PinnedServer, startServer } from '../../pinned.ts';
import type { Bench } from '../row.ts';

const script = fileURLToPath(new URL('plain-server.ts', import.meta.url));

/** `pairs`: how many it holds, the same as the product's. */
export async function startPlain(bench: Bench, pairs: number): Promise<PinnedServer> {
  const [port = 0] = await freePorts(1);
  const args = [script, String(pairs), String(port)];
  return bench.ending.use(await startServer({ command: process.execPath, args, port }));
}
