/** wrk on the second core. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
}

/** 50 connections for so many seconds. Throws when an answer was no success. */
export async function wrk(url: string, seconds: number, script: string | undefined): Promise<Measured> {
  const options = ['-t1', '-c50', `-d${seconds}s`, ...(script === undefined ? [] : ['-s', script])];
  const { stdout } = await run('taskset', ['-c', '1', 'wrk', ...options, url]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (!(requests > 0) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk ${url}:\n${stdout}`);
  return { requests, perSecond };
}
