import { readFileSync } from 'node:fs';

/**
 * What Linux says of a process or thread (proc_pid_stat(5)), from field 3 on: field 2, the name, may hold anything up to its
 * bracket. Throws where there is no /proc.
 */
export function statOf(folder: string): string[] {
  const stat = readFileSync(`${folder}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
