/** Keeps connections busy and measures the answers: wrk, or autocannon where it is missing. */
import { spawnSync } from 'node:child_process';
import { AutocannonSession } from './autocannon.ts';
import type { LoadOptions } from './requests.ts';
import type { Session } from './session.ts';
import { WrkSession } from './wrk.ts';

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** Runs on the cores of this process. Resolves when it is ready for its first slice. */
export async function beginLoad(options: LoadOptions): Promise<Session> {
  return hasWrk ? WrkSession.begin(options) : new AutocannonSession(options);
}
