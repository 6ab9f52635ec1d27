/** Processor time of processes: unlike a rate, it hardly depends on what else the machine is doing. */
import { readdirSync, readFileSync } from 'node:fs';
import { sum } from './statistics.ts';

/** Microseconds since each began, all threads that it has now, added up; NaN where Linux does not tell (proc_pid_schedstat(5)). */
export function processorTime(pids: readonly number[]): number {
  try {
    return sum(pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((thread) => ofThread(pid, thread))));
  } catch {
    return Number.NaN;
  }
}

/** The first field: nanoseconds, where proc_pid_stat(5) has hundredths of a second. */
function ofThread(pid: number, thread: string): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1000;
}
