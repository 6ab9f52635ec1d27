/** Starts raw-server.ts: the limit of the platform. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { headOf, type Request } from '../../load/requests.ts';
import { type PinnedServer, startServer } from '../../pinned.ts';
import type { Bench } from '../row.ts';

const script = fileURLToPath(new URL('raw-server.ts', import.meta.url));

/** What the raw server sends for a path, or whatever it is asked when it has one answer only. */
export interface FixedAnswer {
  readonly path: string;
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** Headers that node:http adds by itself. */
const added = /^(date|connection|keep-alive|transfer-encoding)$/i;

/**
 * A server that answers with the bytes and headers of the product. With one request it answers everything so; with several it
 * finds the answer to each by its path, in a Map.
 */
export async function startRaw(
  bench: Bench,
  product: PinnedServer,
  ...asked: readonly [Request, ...Request[]]
): Promise<PinnedServer> {
  return start(bench, product, asked);
}

/** The same, with a span of each request. `env`: where spans go. */
export async function startTracedRaw(
  bench: Bench,
  product: PinnedServer,
  asked: Request,
  env: Readonly<Record<string, string>>,
): Promise<PinnedServer> {
  return start(bench, product, [asked], ['traced'], env);
}

async function start(
  bench: Bench,
  product: PinnedServer,
  asked: readonly Request[],
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<PinnedServer> {
  const file = join(bench.scratch, `raw-${randomUUID()}.json`);
  const answers: FixedAnswer[] = [];
  for (const each of asked) answers.push(await answerOf(product.port, each));
  await writeFile(file, JSON.stringify(answers));
  const [port = 0] = await freePorts(1);
  return bench.ending.use(
    await startServer({ command: process.execPath, args: [script, file, String(port), ...more], env, port }),
  );
}

async function answerOf(port: number, asked: Request): Promise<FixedAnswer> {
  const { path, body } = asked;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false, ...headOf(asked) }, resolve)
      .on('error', reject)
      .end(body);
  });
  const text = (await buffer(answer)).toString();
  const headers: string[] = [];
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    const [name = '', content = ''] = answer.rawHeaders.slice(i, i + 2);
    if (!added.test(name)) headers.push(name, content);
  }
  return { path, status: answer.statusCode ?? 0, headers, body: text };
}
