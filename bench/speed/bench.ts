/**
 * `npm run bench`, `npm run bench -- get search-prefix`: the product against its baselines and peers, in turn, in one
 * run. Prints a Markdown table; with --out=FOLDER also writes it, the numbers as JSON, and plots there.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { decimal, flag, text, wholeNumber } from '../../test-support/argument-kinds.ts';
import { endUsage, scriptArguments } from '../../test-support/arguments.ts';
import { hasWrk } from '../load/load.ts';
import { canPin, loadCore, moveToCore } from '../pinned.ts';
import { compare, type Rounds, type RowResult } from './compare.ts';
import { plot } from './plot.ts';
import { markdown, type Skipped } from './report.ts';
import type { Row } from './row.ts';
import { rows } from './rows/rows.ts';

const { rest: wanted, ...options } = scriptArguments({
  options: {
    rounds: wholeNumber({ default: 5, from: 1, to: 100 }),
    seconds: decimal({ default: 2, from: 0.1, to: 600 }),
    out: text(),
    list: flag,
  },
  rest: text(),
});

/** Seconds of load until the servers' code is compiled and what they keep is kept: after one, the first round was a third slower. */
const warmup = 3;

if (options.list) for (const { name, title } of rows) console.log(`${name.padEnd(16)}${title}`);
else await main();

async function main(): Promise<void> {
  const rounds = { rounds: options.rounds, seconds: options.seconds, warmup };
  if (!canPin) console.error('NOT PINNED: there is no taskset, so server and load share the cores.');
  if (!hasWrk) console.error('NO WRK: autocannon loads instead, which is slower, so fast rows look alike.');
  // The load's own part of this process, and what it starts.
  moveToCore(loadCore, process.pid);
  const results: RowResult[] = [];
  const skipped: Skipped[] = [];
  for (const row of chosen(wanted)) {
    const missing = Object.entries(row.needs ?? {}).flatMap(([program, isThere]) => (isThere() ? [] : [program]));
    if (missing.length > 0) {
      const why = `${missing.join(' and ')} not installed (see bench/README.md)`;
      console.error(`SKIPPED ${row.name}: ${why}.`);
      skipped.push({ name: row.name, title: row.title, why });
      continue;
    }
    console.error(`${row.name}: ${row.title}`);
    const result = await measure(row, rounds);
    results.push(result);
    console.error(markdown([result], []).split('\n').slice(2).join('\n'));
  }
  const table = markdown(results, skipped);
  console.log(`\n${table}`);
  const run = { rounds, machine: machine(), rows: results, skipped };
  if (options.out !== undefined) await save(options.out, table, run);
}

function chosen(names: readonly string[]): readonly Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name || row.name.startsWith(`${name}-`)));
  if (unknown.length > 0) endUsage(`No row ${unknown.join(', ')}; --list names them.`);
  if (names.length === 0) return rows;
  return rows.filter((row) => names.some((name) => row.name === name || row.name.startsWith(`${name}-`)));
}

async function measure(row: Row, rounds: Rounds): Promise<RowResult> {
  const scratch = await mkdtemp(join(tmpdir(), 'kvstore-bench-'));
  await using ending = new AsyncDisposableStack();
  ending.defer(() => rm(scratch, { recursive: true, force: true }));
  const contest = await row.open({ scratch, ending });
  return { name: row.name, title: row.title, ...(await compare(contest, rounds)) };
}

function machine() {
  const [cpu] = cpus();
  return { cpu: cpu?.model.trim(), cores: cpus().length, node: process.version, load: hasWrk ? 'wrk' : 'autocannon' };
}

async function save(folder: string, table: string, run: { readonly rows: readonly RowResult[] }): Promise<void> {
  await mkdir(folder, { recursive: true });
  const plotted = run.rows.filter(({ targets }) => targets.some(({ rate }) => rate.most > 0));
  const plots = plotted.map(({ name, title }) => `![${title}](${name}.svg)`);
  await writeFile(join(folder, 'bench.md'), `${[table, ...plots].join('\n\n')}\n`);
  await writeFile(join(folder, 'bench.json'), `${JSON.stringify(run, null, 2)}\n`);
  for (const row of plotted) await writeFile(join(folder, `${row.name}.svg`), plot(row));
}
