/** Keeps connections busy and measures the answers: wrk, or autocannon where it is missing. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Seen } from '../figures.ts';
import { loadCore, onCore } from '../pinned.ts';
import type { LoadOptions } from './requests.ts';

const run = promisify(execFile);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** One process on the load's core. */
export async function load(options: LoadOptions): Promise<Seen> {
  return hasWrk ? wrk(options) : autocannon(options);
}

async function wrk({ port, requests, connections, seconds, scratch, pinned = true }: LoadOptions): Promise<Seen> {
  const file = join(scratch, `requests-${port}.txt`);
  await writeFile(file, requests.map(({ path, body = '' }) => `${path}\t${body}\n`).join(''));
  const threads = ['-t1', `-c${connections}`, `-d${seconds}`];
  const args = [...threads, '-s', here('wrk.lua'), `http://127.0.0.1:${port}`, file];
  const { stdout } = await (pinned ? run(...onCore(loadCore, 'wrk', args)) : run('wrk', args));
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Seen;
}

async function autocannon({ scratch, pinned = true, ...options }: LoadOptions): Promise<Seen> {
  const file = join(scratch, `load-${options.port}.json`);
  await writeFile(file, JSON.stringify(options));
  const command: [string, string[]] = [process.execPath, [here('autocannon.ts'), file]];
  const { stdout } = await run(...(pinned ? onCore(loadCore, ...command) : command));
  return JSON.parse(stdout) as Seen;
}
