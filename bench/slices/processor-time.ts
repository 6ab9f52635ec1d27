/** Processor time of processes: unlike a rate, it hardly depends on what else the machine is doing. */
import { statOf } from './process-stat.ts';
import { sum } from './statistics.ts';

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const microsecondsPerTick = 10_000;

/** Microseconds since each began, all threads, added up; NaN where there is no /proc. */
export function processorTime(pids: readonly number[]): number {
  try {
    return sum(pids.map(ticks)) * microsecondsPerTick;
  } catch {
    return Number.NaN;
  }
}

/** Fields 14 and 15, user and system time. */
function ticks(pid: number): number {
  const fields = statOf(`/proc/${pid}`);
  return Number(fields[11]) + Number(fields[12]);
}
