/** A file system of a few megabytes, in memory, that a test can fill. */
import type { ExecutionContext } from 'ava';
import { mountSmallDisk, type SmallDisk } from '../../../test-support/small-disk.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';

/** Mounts a tmpfs (Linux, root) until the test ends; undefined where that is not possible. */
export function smallDisk(t: ExecutionContext, bytes: number): SmallDisk | undefined {
  const disk = mountSmallDisk(temporaryFolder(t), bytes);
  if (disk !== undefined) t.teardown(() => disk.unmount());
  return disk;
}
