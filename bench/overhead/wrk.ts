/** wrk on the second core. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** 50 connections for so many seconds. Throws when an answer was no success. */
export async function requestsPerSecond(url: string, seconds: number, script: string | undefined): Promise<number> {
  const options = ['-t1', '-c50', `-d${seconds}s`, ...(script === undefined ? [] : ['-s', script])];
  const { stdout } = await run('taskset', ['-c', '1', 'wrk', ...options, url]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  if (!(rate > 0) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk ${url}:\n${stdout}`);
  return rate;
}
