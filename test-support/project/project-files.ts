/** The project's own files: without packages, and without what programs write. */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const ignored = ['node_modules', 'data', 'release'];

/** Paths below `root`. @param others names of further files and folders that are left out */
export function projectFiles(pattern: string, others: readonly string[] = []): string[] {
  const names = new Set([...ignored, ...others]);
  return globSync(pattern, { cwd: root, exclude: (path) => names.has(path.split('/').at(-1) ?? '') });
}
