/** Keeps connections busy and measures the answers: wrk, or autocannon where it is missing. */
import { spawnSync } from 'node:child_process';
import { AutocannonSession, shortestSlice } from './autocannon.ts';
import type { LoadOptions } from './requests.ts';
import type { Session } from './session.ts';
import { WrkSession } from './wrk.ts';

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** Milliseconds of a slice of this load, where such a one is wanted. */
export function possibleSlice(milliseconds: number): number {
  return hasWrk ? milliseconds : Math.max(milliseconds, shortestSlice);
}

/** Runs on the cores of this process. Resolves when it is ready for its first slice. */
export async function beginLoad(options: LoadOptions): Promise<Session> {
  return hasWrk ? WrkSession.begin(options) : new AutocannonSession(options);
}
