/** A million keys against 10,000: what grows, and how fast. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryOf } from '../../../test-support/process-memory.ts';
import { gets, posts, type Request } from '../../load/requests.ts';
import type { PinnedServer } from '../../pinned.ts';
import { keyOf, prefixOf, scattered, value } from '../data.ts';
import type { Bar, LoadedTarget, Row, Target } from '../row.ts';
import { fillDirectory, runKvstore } from '../servers/kvstore.ts';
import { target } from './against.ts';

const sizes = { few: 10_000, many: 1_000_000 } as const;

/** ln(1,000,000) / ln(10,000): what grows no faster than the logarithm grows no more than that. */
const logarithmic = 1.5;

/** One client at a time: what each request takes, without others to share batches with. */
const callers = 1;

export const million: Row = {
  name: 'million',
  title: '1,000,000 keys against 10,000: one client at a time, a start, memory',
  async open(bench) {
    const targets: Target[] = [];
    for (const [name, pairs] of Object.entries(sizes)) {
      const directory = join(bench.scratch, name);
      await fillDirectory(directory, pairs);
      const server = bench.ending.use(await runKvstore(directory));
      const search = gets(scattered(5000, Math.floor(pairs / 11)).map((group) => `/search?prefix=${prefixOf(group)}`));
      const set = posts(
        '/set',
        scattered(5000, pairs).map((n) => `{"${keyOf(n)}":${value}}`),
      );
      targets.push(
        oneAtATime(`search, ${name}`, server, search),
        oneAtATime(`set, ${name}`, server, set),
        { name: `start, ${name}`, take: () => start(directory) },
        { name: `memory MiB, ${name}`, take: async () => ownMemory(server) },
      );
    }
    return { targets, bars: ['search', 'set', 'start', 'memory MiB'].map(grows) };
  },
};

function grows(what: string): Bar {
  return { of: `${what}, many`, against: `${what}, few`, figure: 'p50', atMost: logarithmic };
}

function oneAtATime(name: string, server: PinnedServer, requests: readonly Request[]): LoadedTarget {
  return target(name, server, requests, callers);
}

/** Milliseconds until a process on a copy of the data listens. */
async function start(directory: string): Promise<number> {
  const copy = `${directory}-copy`;
  // No client writes meanwhile, so the file is whole; the lock file is the other process's.
  await cp(join(directory, 'data.mdb'), join(copy, 'data.mdb'), { recursive: true });
  const began = performance.now();
  const server = await runKvstore(copy);
  const took = performance.now() - began;
  await server[Symbol.asyncDispose]();
  await rm(copy, { recursive: true });
  return took;
}

/** Memory of its own, without the pages of the index's file, which the system may take back. */
function ownMemory({ pids: [pid = 0] }: PinnedServer): number {
  return memoryOf(pid, 'RssAnon');
}
