/**
 * What clients feel of a process that has just become ready: fresh ones, with and without a warm-up, and one that has served
 * 100,000 requests, under the same load. Usage: npm run bench:fresh -- [rounds [KV_WARM_UP...]]
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { text, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { isInstalled } from '../pinned.ts';
import { processorTime } from '../slices/processor-time.ts';
import { median, spreadText } from '../slices/statistics.ts';
import { keyOf } from '../speed/data.ts';
import { fillDirectory, runKvstore } from '../speed/servers/kvstore.ts';

const run = promisify(execFile);
const percentiles = [50, 90, 99] as const;
/** What is measured of a process. */
const figures = [...percentiles.map((p) => `p${p} ms`), 'CPU us of a request'];
const pairs = 10_000;
const servedBefore = 100_000;

interface Variant {
  readonly name: string;
  readonly warmUp: string;
  /** Requests before those that are measured. */
  readonly before: number;
}

interface FortioResult {
  readonly DurationHistogram: { readonly Percentiles: readonly { Percentile: number; Value: number }[] };
  readonly RetCodes: Readonly<Record<string, number>>;
}

if (!isInstalled('fortio')) {
  throw new Error('This needs fortio in the PATH: go install fortio.org/fortio@v1.68.2');
}

const { rounds, rest: warmUps } = scriptArguments({
  words: { rounds: wholeNumber({ default: 5, from: 1, to: 100 }) },
  rest: text(),
});
const variants: readonly Variant[] = [
  { name: `served ${servedBefore}`, warmUp: '0s', before: servedBefore },
  ...['0s', ...(warmUps.length === 0 ? ['500ms'] : warmUps)].map((warmUp) => ({
    name: `fresh, KV_WARM_UP=${warmUp}`,
    warmUp,
    before: 0,
  })),
];

/** As bursts: fortio sends 50 requests at once, ten times a second. */
async function fortio(url: string, ...options: readonly string[]): Promise<readonly number[]> {
  const args = ['load', '-quiet', '-allow-initial-errors=false', '-c', '50', '-p', percentiles.join(','), ...options];
  const { stdout } = await run('fortio', [...args, '-json', '-', url], { maxBuffer: 1e8 });
  const { DurationHistogram, RetCodes }: FortioResult = JSON.parse(stdout);
  const codes = Object.keys(RetCodes);
  if (codes.join() !== '200') throw new Error(`Answers were other than 200: ${JSON.stringify(RetCodes)}`);
  return DurationHistogram.Percentiles.map(({ Value }) => Value * 1000);
}

async function measure(directory: string, { warmUp, before }: Variant): Promise<readonly number[]> {
  await using server = await runKvstore(directory, { KV_WARM_UP: warmUp });
  await waitFor('it is ready', async () => (await fetch(`${server.url}/readyz`)).ok);
  const url = `${server.url}/get/${keyOf(77)}`;
  if (before > 0) await fortio(url, '-qps', '0', '-n', String(before));
  const requests = 2500;
  const began = processorTime(server.pids);
  const times = await fortio(url, '-qps', '500', '-n', String(requests));
  return [...times, (processorTime(server.pids) - began) / requests];
}

const directory = mkdtempSync(join(tmpdir(), 'kvstore-fresh-'));
try {
  await fillDirectory(directory, pairs);
  const results = variants.map(() => [] as (readonly number[])[]);
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of variants.entries()) results[i]?.push(await measure(directory, variant));
  }
  const columns = figures.flatMap((figure) => [figure, 'of served']);
  console.log(`| process | ${columns.join(' | ')} |\n|---|${'---|'.repeat(columns.length)}`);
  for (const [i, { name }] of variants.entries()) {
    const cells = figures.flatMap((_, at) => {
      const values = (of: number) => (results[of] ?? []).map((one) => one[at] ?? Number.NaN);
      return [spreadText(values(i), 1), (median(values(i)) / median(values(0))).toFixed(2)];
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
