/** Processor time of processes: unlike a rate, it hardly depends on what else the machine is doing. */
import { readFileSync } from 'node:fs';
import { sum } from './statistics.ts';

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const microsecondsPerTick = 10_000;

/** Microseconds since each began, all threads, added up; NaN where there is no /proc. */
export function processorTime(pids: readonly number[]): number {
  try {
    return sum(pids.map((pid) => ticks(readFileSync(`/proc/${pid}/stat`, 'utf8')))) * microsecondsPerTick;
  } catch {
    return Number.NaN;
  }
}

/** proc_pid_stat(5): fields 14 and 15, user and system time; the name, field 2, may hold anything up to its bracket. */
function ticks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
