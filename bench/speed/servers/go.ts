/** Builds and starts go/main.go with the pairs that the service has. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { type PinnedServer, startServer } from '../../pinned.ts';
import { keyOf, value } from '../data.ts';
import type { Bench } from '../row.ts';

const source = fileURLToPath(new URL('go/main.go', import.meta.url));

export interface GoOptions {
  /** Pairs that it has. */
  readonly pairs: number;
  /** Single values come with all headers that the service sends. */
  readonly withHeaders?: boolean;
  /** Further pairs. */
  readonly more?: Readonly<Record<string, string>>;
}

export async function startGo(bench: Bench, options: GoOptions): Promise<PinnedServer> {
  const { pairs, withHeaders = false, more = {} } = options;
  const name = withHeaders ? 'go-server-headers' : 'go-server';
  const [program, file] = [join(bench.scratch, name), join(bench.scratch, `${name}.json`)];
  await promisify(execFile)('go', ['build', '-o', program, source]);
  const members = Array.from({ length: pairs }, (_, n) => `"${keyOf(n)}":${value}`);
  members.push(...Object.entries(more).map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`));
  await writeFile(file, `{${members.join(',')}}`);
  const [port = 0] = await freePorts(1);
  const args = [String(port), file, ...(withHeaders ? ['headers'] : [])];
  const env = { GOMAXPROCS: '1' };
  return bench.ending.use(await startServer({ command: program, args, env, port }));
}
