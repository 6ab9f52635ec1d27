/**
 * `npm run bench:caches -- [PART...] [--cells=TEXT] [--rounds=5] [--seconds=1] [--out=docs/performance]`: what each cache of
 * the service gains. Parts: throughput, p99, sizes, memory; default all. What a part measures takes the place of what --out
 * has of it, and the page there is made anew (caches.json, caches.md).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decimal, oneOf, text, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { findBinary } from '../../test-support/programs/binaries.ts';
import { hasWrk } from '../load/load.ts';
import { canPin, loadCore, moveToCore } from '../pinned.ts';
import { cacheNames } from './caches.ts';
import { type Cell, cells, nameOf } from './cells.ts';
import { type Compared, latency, type Rounds, throughput } from './compare.ts';
import { type CellResult, type MemoryResult, type Part, page, type Results } from './report.ts';
import { Stores } from './services.ts';
import { sweep } from './sizes.ts';

const parts = ['throughput', 'p99', 'sizes', 'memory'] as const;
type PartName = (typeof parts)[number];

const { rest: chosen, ...options } = scriptArguments({
  options: {
    rounds: wholeNumber({ default: 5, from: 1, to: 100 }),
    seconds: decimal({ default: 1, from: 0.1, to: 600 }),
    cells: text(''),
    out: text(),
  },
  rest: oneOf(parts),
});
const wanted: ReadonlySet<PartName> = new Set<PartName>(chosen.length === 0 ? parts : chosen);
const rounds: Rounds = { rounds: options.rounds, seconds: options.seconds };
if (!canPin) console.error('NOT PINNED: there is no taskset, so server and load share the cores.');
if (!hasWrk) console.error('NO WRK: autocannon loads instead, and sends only some of the requests of a workload.');
// The load's own part of this process, and what it starts.
moveToCore(loadCore, process.pid);

const scratch = await mkdtemp(join(tmpdir(), 'kvstore-caches-'));
try {
  await using stores = new Stores(scratch);
  const how = howMeasured();
  const measured: Results = {
    ...(wanted.has('throughput') && { throughput: { how, results: await ofCells(throughput, stores) } }),
    ...(wanted.has('p99') && { p99: { how, results: await ofCells(latency, stores) } }),
    ...(wanted.has('memory') && { memory: { how: '`node --expose-gc`, a process each.', results: memory() } }),
    ...(wanted.has('sizes') && { sizes: { how, results: await sweep(stores, rounds) } }),
  };
  console.log(page(measured));
  if (options.out !== undefined) save(options.out, measured);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

function howMeasured(): string {
  const { rounds, seconds } = options;
  return `Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'a processor'}, ${rounds} rounds of ${seconds} s each.`;
}

async function ofCells(
  measure: (cell: Cell, stores: Stores, rounds: Rounds) => Promise<Compared>,
  stores: Stores,
): Promise<readonly CellResult[]> {
  const results: CellResult[] = [];
  for (const cell of cells.filter((each) => nameOf(each).includes(options.cells))) {
    const { store, cache, workload } = cell;
    if (store === 'etcd' && findBinary('etcd') === undefined) {
      console.error(`SKIPPED ${nameOf(cell)}: etcd is not installed (see CONTRIBUTING.md).`);
      continue;
    }
    const compared = await measure(cell, stores, rounds);
    results.push({ ...{ store, cache, workload: workload.name, what: workload.what }, ...compared });
    console.error(`${nameOf(cell)}: ${JSON.stringify(compared)}`);
  }
  return results;
}

function memory(): readonly MemoryResult[] {
  const script = fileURLToPath(new URL('memory.ts', import.meta.url));
  return cacheNames.map((cache) => {
    const { status, stdout } = spawnSync(process.execPath, ['--expose-gc', script, cache], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`The memory of ${cache} could not be measured`);
    return { cache, measured: Number(stdout) / 1024 ** 2 };
  });
}

/** What other runs have measured stays, cell by cell. */
function save(folder: string, measured: Results): void {
  const file = join(folder, 'caches.json');
  const before: Results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const all = {
    ...{ ...before, ...measured },
    ...(measured.throughput && { throughput: joined(before.throughput, measured.throughput) }),
    ...(measured.p99 && { p99: joined(before.p99, measured.p99) }),
  };
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
  writeFileSync(file, `${JSON.stringify(all, rounded, 2)}\n`);
  writeFileSync(join(folder, 'caches.md'), page(all));
}

function joined(before: Part<CellResult> | undefined, { how, results }: Part<CellResult>): Part<CellResult> {
  const of = (cell: Cell) => (each: CellResult) => {
    return each.store === cell.store && each.cache === cell.cache && each.workload === cell.workload.name;
  };
  const found = cells.map((cell) => results.find(of(cell)) ?? before?.results.find(of(cell)));
  return { how, results: found.filter((each) => each !== undefined) };
}
