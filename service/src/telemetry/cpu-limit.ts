/** How much processor time the container of this process may use: the quota of its control group, on Linux. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads what the kernel says now: the limit of a pod can change while it runs.
 * @param root where control groups are mounted
 * @returns cores; undefined: there is no limit, or no control group
 */
export function cpuLimit(root = '/sys/fs/cgroup'): number | undefined {
  const both = textOf(join(root, 'cpu.max'))?.split(' ');
  // Version 2 has one file, in which `max` is no limit; version 1 has two, in which -1 is none.
  const [quota, period] = both ?? ['quota', 'period'].map((each) => textOf(join(root, `cpu/cpu.cfs_${each}_us`)));
  const cores = Number(quota) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
