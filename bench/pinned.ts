/** Processes on a core of their own: what is measured on one, what loads it on the other. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { onSlowDisk } from '../checks/faults/slow-disk.ts';
import { listens } from '../test-support/network/listens.ts';
import { waitFor } from '../test-support/wait-for.ts';

export const serverCore = process.env.BENCH_SERVER_CORE ?? '0';
export const loadCore = process.env.BENCH_LOAD_CORE ?? '1';

export const canPin = spawnSync('taskset', ['--version']).status === 0;

/** A command line that runs on one core; the same one where there is no taskset. */
export function onCore(core: string, command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ['taskset', ['-c', core, command, ...args]] : [command, [...args]];
}

/** Moves a running process, with all of its threads. */
export function moveToCore(core: string, pid: number): void {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', core, String(pid)], { stdio: 'ignore' });
}

export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it will listen. */
  readonly port: number;
  /** Milliseconds that each of its flushes takes longer than the disk does. */
  readonly flushDelay?: number | undefined;
}

/** Starts a server on the servers' core; resolves when its port takes connections. Ended with SIGKILL. */
export async function startServer(options: ServerOptions): Promise<PinnedServer> {
  const { command, args, env, port, flushDelay } = options;
  const line = flushDelay === undefined ? ([command, args] as const) : onSlowDisk(flushDelay, command, args);
  const child = spawn(...onCore(serverCore, ...line), {
    // None of the settings that this shell may have for a service of its own.
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const server = new PinnedServer(child, port);
  try {
    await waitFor(`${command} listens`, () => listens(port));
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export class PinnedServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.#ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  }

  get pids(): number[] {
    return [this.#child.pid ?? 0];
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Not asked by running them: Webdis takes any flag for the name of its configuration and serves. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;
}
