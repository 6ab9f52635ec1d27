/** The service as it ships: its main.ts in a process of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../service/src/main.ts', import.meta.url));

export interface SpawnOptions {
  /** All of its environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** Another script that takes the same variables. */
  readonly script?: string | undefined;
  /** User and group of the process; only root can set it. */
  readonly uid?: number | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Spawned {
  /** The caller reads what it prints. */
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Exit>;
}

export function spawnService({ env, args = [], nodeArgs = [], script = main, uid }: SpawnOptions): Spawned {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal }) as Exit) };
}
