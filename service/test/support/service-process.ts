/** Runs the service as it ships: main.ts in a process of its own, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Milliseconds for a process to start or end, on a machine that is busy with other tests. */
const patience = 30_000;

export type LogLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Where an end is registered: a test, or what several tests share. */
export type Owner = Pick<ExecutionContext, 'teardown'>;

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** User and group of the process; only root can set it. */
  readonly uid?: number;
}

export interface Launched {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly log: LogLine[];
  /** Everything written to standard output that is not a JSON line. */
  readonly text: string[];
  stderr(): string;
  readonly ended: Promise<Exit>;
}

export interface Service extends Launched {
  readonly url: string;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

/** Tests that are about something else must not be refused because the machine is busy with other tests. */
const patient = { KV_MAX_WAIT: '60s' };

/** Starts main.ts with only the given settings; killed when the test ends, if it still runs. */
export function launch(t: Owner, { env = {}, args = [], nodeArgs = [], uid }: LaunchOptions = {}): Launched {
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    env: { PATH: process.env.PATH, KV_PORT: '0', KV_LOG_FORMAT: 'json', ...patient, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Exit);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const log: LogLine[] = [];
  const text: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) {
      const entry = JSON.parse(line) as LogLine;
      log.push(entry);
      child.emit('log', entry);
    } else text.push(line);
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  return { child, pid: child.pid ?? 0, log, text, stderr: () => errors, ended };
}

/** Starts main.ts and waits until it listens. Rejects with what it printed when it ends instead. */
export async function startService(t: Owner, options: LaunchOptions = {}): Promise<Service> {
  const launched = launch(t, options);
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not listening: ${launched.stderr()}`)), patience);
    launched.child.on('log', (entry: LogLine) => {
      if (entry.msg !== 'listening') return;
      clearTimeout(late);
      resolve(String(entry.url));
    });
    launched.ended.then(({ code, signal }) => {
      clearTimeout(late);
      reject(new Error(`ended with ${code ?? signal}: ${launched.stderr()}`));
    }, reject);
  });
  return {
    ...launched,
    url,
    stop: (signal = 'SIGTERM') => {
      launched.child.kill(signal);
      return launched.ended;
    },
  };
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvstore-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Polls until the condition holds; rejects at the deadline. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
