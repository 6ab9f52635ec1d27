/** A disk whose flushes take long, for one process that runs: strace holds each of its flushes up. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Whether this machine has strace and lets it follow a process. */
export function canSlowDown(): boolean {
  try {
    execFileSync('strace', ['-e', 'trace=none', 'true'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const calls = 'fsync,fdatasync,msync';
const delay = (milliseconds: number) => ['-e', `inject=${calls}:delay_enter=${milliseconds * 1000}`];

/**
 * A command line whose flushes take so many milliseconds more, from its start on. Its other system calls are not stopped
 * at, so it can be measured; the process is the command itself.
 */
export function onSlowDisk(milliseconds: number, command: string, args: readonly string[]): [string, string[]] {
  const follow = ['-D', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', '-e', `trace=${calls}`];
  return ['strace', [...follow, ...delay(milliseconds), command, ...args]];
}

/** Every flush of the process takes so many milliseconds more, until the returned function is called. */
export async function slowDisk(pid: number, milliseconds: number): Promise<() => Promise<void>> {
  const follow = ['-f', '-q', '-p', String(pid), '-e', `trace=${calls}`];
  const tracer = spawn('strace', [...follow, ...delay(milliseconds)], { stdio: ['ignore', 'ignore', 'ignore'] });
  await once(tracer, 'spawn');
  return () => end(tracer);
}

/** strace lets go of the process when it is asked to end; killed, it might leave it stopped. */
async function end(tracer: ChildProcess): Promise<void> {
  if (tracer.exitCode !== null || tracer.signalCode !== null) return;
  const gone = once(tracer, 'exit');
  tracer.kill('SIGINT');
  await gone;
}
