/** A file system of a few megabytes, in memory, that a test can fill. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './service-process.ts';

export interface SmallDisk {
  /** A folder on it. */
  readonly folder: string;
  /** Takes all but so many bytes. */
  fill(left: number): void;
  /** Gives back what fill took. */
  free(): void;
}

/** Mounts a tmpfs (Linux, root); undefined where that is not possible. */
export function smallDisk(t: ExecutionContext, bytes: number): SmallDisk | undefined {
  if (getuid?.() !== 0) return undefined;
  const mount = join(temporaryFolder(t), 'disk');
  mkdirSync(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', mount], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  // Lazily: the process under test may still be about to end.
  t.teardown(() => execFileSync('umount', ['-l', mount]));
  const filler = join(mount, 'filler');
  return {
    folder: join(mount, 'data'),
    fill: (left) => {
      const free = Number(execFileSync('df', ['--output=avail', '-B1', mount], { encoding: 'utf8' }).split('\n')[1]);
      writeFileSync(filler, Buffer.alloc(Math.max(0, free - left)));
    },
    free: () => rmSync(filler),
  };
}
