/** A process of the service for a test of what it says and how it ends: on a free port, killed with the test. */
import { createInterface } from 'node:readline';
import type { Owner } from '../temporary-folder.ts';
import { type Exit, type Spawned, spawnService } from './spawn.ts';

/** Milliseconds for a process to start or end, on a machine that is busy with other tests. */
const processTimeout = 60_000;

export type LogLine = Readonly<Record<string, unknown>>;

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** User and group of the process; only root can set it. */
  readonly uid?: number;
}

export interface Launched extends Spawned {
  readonly pid: number;
  readonly log: LogLine[];
  /** Everything written to standard output that is not a JSON line. */
  readonly text: string[];
  stderr(): string;
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
  const settings = { PATH: process.env.PATH, KV_PORT: '0', KV_LOG_FORMAT: 'json', ...patient, ...env };
  const { child, ended } = spawnService({ env: settings, args, nodeArgs, uid });
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
    const late = setTimeout(() => reject(new Error(`not listening: ${launched.stderr()}`)), processTimeout);
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
