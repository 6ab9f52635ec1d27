/** The page of a run, from the numbers of all parts that have been measured (caches.json). */
import { spreadOf, spreadText } from '../slices/statistics.ts';
import type { CacheName } from './caches.ts';
import type { Compared } from './compare.ts';
import type { SizeResult } from './sizes.ts';

export interface CellResult extends Compared {
  readonly store: string;
  readonly cache: CacheName;
  readonly workload: string;
  readonly what: string;
}

/** What is known of each cache without measuring a workload. */
export interface MemoryResult {
  readonly cache: CacheName;
  /** MiB. */
  readonly measured: number;
}

/** How a part was measured: the machine, and what its rounds were. */
export interface Part<Result> {
  readonly how: string;
  readonly results: readonly Result[];
}

export interface Results {
  readonly throughput?: Part<CellResult>;
  readonly p99?: Part<CellResult>;
  readonly sizes?: Part<SizeResult>;
  readonly memory?: Part<MemoryResult>;
}

/** What a cache is, and what bounds its memory by default. */
const described: Readonly<Record<CacheName, readonly [what: string, bound: string]>> = {
  values: [
    'answers of single keys (`AnswerCache`)',
    '18 MiB with the searches, and 6 for values of more than 4 KiB: three quarters of `KV_ANSWER_CACHE`',
  ],
  searches: ['answers of searches by one text (`AnswerCache`)', 'the same 18 MiB'],
  'repeated reads': [
    'answers of other reads of many keys, at one entity tag (`RepeatedReads`)',
    '8 MiB: a quarter of `KV_ANSWER_CACHE`',
  ],
  dumps: ['the text of `GET /` (`DumpCache`)', '32 MiB: `KV_DUMP_CACHE`'],
  forms: ['the compressed texts of the last two (`CodedForms`)', '8 MiB in each of two codings'],
};

/** What the others must gain in one workload at the least, as a part of 1. */
const least = 0.1;

export function page({ throughput, p99, sizes, memory }: Results): string {
  const sections = ['# What each cache gains', intro];
  if (throughput !== undefined) {
    sections.push('## Throughput', `Processor time of the service for a request, us. ${throughput.how}`);
    sections.push(gains(throughput.results, 1));
  }
  if (p99 !== undefined) {
    sections.push('## p99', `Milliseconds, at a rate far from the limit. ${p99.how}`, gains(p99.results, 2));
  }
  if (memory !== undefined) sections.push('## Memory', memory.how, memoryTable(memory.results));
  if (sizes !== undefined) sections.push('## Sizes', sizes.how, sizeTable(sizes.results));
  return `${sections.join('\n\n')}\n`;
}

const intro = `\`npm run bench:caches\` writes this page ([ADR 0295](../adr/0295-caches-by-workload.md) has what follows from it).
A service with all caches and one without one of them, in one process, take turns. Each number is the median of the rounds, with
the least and the most. **Gained**, of each round: how much more the same processor time serves with the cache; of p99, the part
of it that goes away. Bold: at least 10%. Workloads without a row never reach the cache.`;

function gains(results: readonly CellResult[], digits: number): string {
  const rows = results.map((cell) => {
    const gained = spreadOf(
      cell.with.map((having, i) => {
        const lacking = cell.without[i] ?? Number.NaN;
        return digits === 1 ? lacking / having - 1 : 1 - having / lacking;
      }),
    );
    const text = `${percent(gained.median)} (${percent(gained.least)} to ${percent(gained.most)})`;
    return [
      ...[cell.cache, cell.store, cell.what],
      ...[spreadText(cell.with, digits), spreadText(cell.without, digits)],
      gained.median >= least ? `**${text}**` : text,
    ];
  });
  return table(['cache', 'store', 'workload', 'with', 'without', 'gained'], rows);
}

const percent = (part: number) => `${(100 * part).toFixed(0)}%`;

function memoryTable(results: readonly MemoryResult[]): string {
  const rows = results.map(({ cache, measured }) => [cache, ...described[cache], measured.toFixed(1)]);
  return table(['cache', 'what it keeps', 'bound by default', 'MiB when full'], rows);
}

function sizeTable(results: readonly SizeResult[]): string {
  const kinds = Object.keys(results[0]?.hits ?? {});
  const rows = results.map(({ size, hits, reads, searches }) => [
    size,
    ...kinds.map((kind) => percent(hits[kind] ?? 0)),
    ...[spreadText(reads, 1), spreadText(searches, 1)],
  ]);
  const hits = kinds.map((kind) => `hits, ${kind}`);
  return table(['KV_ANSWER_CACHE', ...hits, 'us of a read, 1,000,000 keys', 'us of a search, the same keys'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
