/** Processor time of a process's first thread: what it does is the same however busy the machine is with others. */
import { readFileSync } from 'node:fs';

/** Milliseconds so far (Linux). */
export function processorTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6;
}
