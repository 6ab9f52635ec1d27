/** When a process has done what it had put off: another one, on the same core, would pay for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds between two looks; one that sees nothing may have come between two pieces of work, so two must. */
const interval = 2;
/** Milliseconds, at most. */
const longest = 1000;

/** Resolves when two looks have found no thread of the process that runs or waits for a processor; where there is no /proc, as if there were none. */
export async function idle(pid: number): Promise<void> {
  const end = performance.now() + longest;
  for (let quiet = 0; quiet < 2 && performance.now() < end; ) {
    await pause(interval);
    quiet = isRunning(pid) ? 0 : quiet + 1;
  }
}

/** proc_pid_stat(5): field 3, the state, follows the name, which may hold anything up to its bracket. */
function isRunning(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).some((thread) => {
      const stat = readFileSync(`${folder}/${thread}/stat`, 'utf8');
      return stat[stat.lastIndexOf(')') + 2] === 'R';
    });
  } catch {
    return false;
  }
}
