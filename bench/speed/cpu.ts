/** Processor time of processes: unlike a rate, it hardly depends on what else the machine is doing. */
import { readFileSync } from 'node:fs';
import type { Figures, Seen } from './figures.ts';

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const microsecondsPerTick = 10_000;

/** Adds what these processes took for an answer. */
export async function withCpu(
  pids: readonly number[],
  seconds: number,
  measure: () => Promise<Seen>,
): Promise<Figures> {
  const before = cpuTime(pids);
  const seen = await measure();
  return { ...seen, cpu: (cpuTime(pids) - before) / (seen.rate * seconds) };
}

/** Microseconds since each began, added up; NaN where there is no /proc. */
function cpuTime(pids: readonly number[]): number {
  try {
    return pids.reduce((sum, pid) => sum + ticks(readFileSync(`/proc/${pid}/stat`, 'utf8')), 0) * microsecondsPerTick;
  } catch {
    return Number.NaN;
  }
}

/** proc_pid_stat(5): fields 14 and 15, user and system time; the name, field 2, may hold anything up to its bracket. */
function ticks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
