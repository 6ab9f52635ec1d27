/**
 * How long the dashboards' queries take over many stores: `node dashboards/measure/measure.ts [STORES]` (500). Fills a
 * real Prometheus with an hour of synthetic series and asks each query as Grafana would, with everything chosen: tables
 * and numbers for now, graphs over an hour in 240 steps. Collapsed rows are marked: Grafana asks nothing for them until
 * they are opened. Needs promtool and prometheus, and 2 GB of disk for 500 stores.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { needBinary } from '../../test-support/programs/binaries.ts';
import { allDashboards } from '../src/all.ts';
import { Prometheus } from '../test/support/prometheus.ts';
import { isRow, queriesOf } from '../test/support/queries.ts';
import { writeFleet } from './synthetic.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);
const { stores } = scriptArguments({ words: { stores: wholeNumber({ default: 500, from: 1, to: 10_000 }) } });
const hour = 3600;
const end = Math.floor(Date.now() / 60_000) * 60;
const folder = await mkdtemp(join(tmpdir(), 'kvstore-measure-'));
try {
  const file = join(folder, 'fleet.txt');
  const series = await writeFleet(file, { stores, replicas: 3, samples: 61, interval: 60, end });
  print(`${stores} stores of 3 replicas, ${series} series`);
  const blocks = ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(folder, 'data')];
  await promisify(execFile)(needBinary('promtool'), blocks, { maxBuffer: 1e8 });
  await rm(file);
  const prometheus = await Prometheus.start({}, [`--storage.tsdb.path=${join(folder, 'data')}`]);
  try {
    await measure(prometheus);
  } finally {
    await prometheus.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(prometheus: Prometheus): Promise<void> {
  for (const [name, dashboard] of Object.entries(allDashboards())) {
    const open = new Set((dashboard.panels ?? []).filter((panel): panel is Panel => !isRow(panel)));
    for (const { panel, expr } of queriesOf(dashboard, '4m')) {
      const startedAt = performance.now();
      const isGraph = panel.type === 'timeseries';
      const result = isGraph
        ? await prometheus.queryRange(expr, end - hour, end, stepOf(panel))
        : await prometheus.query(expr, end);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
      const row = open.has(panel) ? 'shown' : 'collapsed';
      print(
        `${name.padEnd(10)}${row.padEnd(11)}${(panel.title ?? '').padEnd(28)}${seconds.padStart(6)} s ${result.length} series`,
      );
    }
  }
}

/** Seconds between two points of an hour: 240 of them, or what the panel has as its least step. */
function stepOf({ interval }: Panel): number {
  return Math.max(hour / 240, Number.parseInt(interval ?? '0', 10));
}
