/** Starts one-by-one-server.ts: writes that share no flush. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { type PinnedServer, startServer } from '../../pinned.ts';
import type { Bench } from '../row.ts';

const script = fileURLToPath(new URL('one-by-one-server.ts', import.meta.url));

/** `index`: the product's own index, a transaction a request; `log`: a line appended to a file and flushed. */
export async function startOneByOne(bench: Bench, how: 'index' | 'log', flushDelay?: number): Promise<PinnedServer> {
  const [port = 0] = await freePorts(1);
  const args = [script, how, join(bench.scratch, `one-by-one-${how}`), String(port)];
  return bench.ending.use(await startServer({ command: process.execPath, args, port, flushDelay }));
}
