/** The command line as a process, as a user runs it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly url?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Result>;
}

/** Killed when the test ends, if it still runs. */
export function startCli(t: ExecutionContext, args: readonly string[], options: CliOptions = {}): RunningCli {
  const { url = 'http://127.0.0.1:1', env = {}, input } = options;
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env.PATH, KV_URL: url, ...env } });
  const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (piece: Buffer) => pieces.stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => pieces.stderr.push(piece));
  // A command that ends early has not read all of its input.
  child.stdin.on('error', () => {});
  if (input === undefined) child.stdin.end();
  else child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: Buffer.concat(pieces.stdout).toString(),
    stderr: Buffer.concat(pieces.stderr).toString(),
  }));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended };
}

export function cli(t: ExecutionContext, args: readonly string[], options: CliOptions = {}): Promise<Result> {
  return startCli(t, args, options).ended;
}
