/** A file system of a few megabytes, in memory, that can be filled. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';

export interface SmallDisk {
  /** A folder on it. */
  readonly folder: string;
  /** Takes all but so many bytes. */
  fill(left: number): void;
  /** Gives back what fill took; without it, nothing is done. */
  free(): void;
  /** Lazily: a process that still uses it may be about to end. */
  unmount(): void;
}

/** Mounts a tmpfs at `<parent>/disk` (Linux, root); undefined where that is not possible. */
export function mountSmallDisk(parent: string, bytes: number): SmallDisk | undefined {
  if (getuid?.() !== 0) return undefined;
  const mount = join(parent, 'disk');
  mkdirSync(mount, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', mount], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  const filler = join(mount, 'filler');
  return {
    folder: join(mount, 'data'),
    fill: (left) => {
      const free = Number(execFileSync('df', ['--output=avail', '-B1', mount], { encoding: 'utf8' }).split('\n')[1]);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, free - left)));
      } catch (error) {
        // Somebody else took the space meanwhile: as full as can be.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => void execFileSync('umount', ['-l', mount]),
  };
}
