/**
 * The memory of the container that the process runs in, as cgroup v2 shows it
 * (https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files). There it holds the system's buffers of connections, too:
 * what was sent and is not taken yet, and what came and is not read yet.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface ContainerMemory {
  /** Bytes. The system kills the process when it has more. */
  readonly limit: number;
  /** Bytes of it that the system's buffers of connections take now; 0: it cannot be read any more. Takes some 20 microseconds. */
  socketBuffers(): number;
  close(): void;
}

const ownGroup = '/proc/self/cgroup';
const groups = '/sys/fs/cgroup';

/** Undefined: there is no limit, or nothing that is known of it: another system, cgroup v1. */
export function containerMemory(own = ownGroup, mount = groups): ContainerMemory | undefined {
  try {
    const [, path = ''] = /^0::(.*)$/m.exec(readFileSync(own, 'utf8')) ?? [];
    const folder = join(mount, path);
    const limit = Number(readFileSync(join(folder, 'memory.max'), 'utf8'));
    if (!Number.isFinite(limit)) return undefined;
    const file = openSync(join(folder, 'memory.stat'), 'r');
    let isOpen = true;
    return {
      limit,
      socketBuffers: () => (isOpen ? bytesIn(file) : 0),
      close() {
        if (isOpen) closeSync(file);
        isOpen = false;
      },
    };
  } catch {
    return undefined;
  }
}

const text = Buffer.alloc(8192);
const line = /^sock (\d+)$/m;

/** The file has another text each time that it is read from its beginning. */
function bytesIn(file: number): number {
  try {
    const length = readSync(file, text, 0, text.length, 0);
    return Number(line.exec(text.toString('latin1', 0, length))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
