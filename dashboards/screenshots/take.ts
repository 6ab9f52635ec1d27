/**
 * Takes dashboards/screenshots/*.png: `node dashboards/screenshots/take.ts`. The queries are the dashboards' own, asked
 * of a real Prometheus that scrapes what the tests scrape; Grafana is not there, so chart.ts draws. Needs
 * chromium and pngquant.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { allDashboards } from '../src/all.ts';
import type { Prometheus } from '../test/support/prometheus.ts';
import { queriesOf } from '../test/support/queries.ts';
import { startRig } from '../test/support/rig.ts';
import { type Drawn, page } from './page.ts';

const seconds = 90;
const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'kvstore-screenshots-'));
const rig = await startRig();
try {
  await setTimeout((seconds + 10) * 1000);
  const to = Math.floor(Date.now() / 1000);
  for (const [name, dashboard] of Object.entries(allDashboards())) {
    await take(name, dashboard, rig.prometheus, to);
  }
} finally {
  await rig.stop();
  await rm(folder, { recursive: true, force: true });
}

async function take(name: string, dashboard: Dashboard, prometheus: Prometheus, to: number): Promise<void> {
  const results = new Map<Panel, Drawn[]>();
  for (const { panel, legend, expr } of queriesOf(dashboard, '15s')) {
    const series = await prometheus.queryRange(expr, to - seconds, to, 1);
    results.set(panel, [...(results.get(panel) ?? []), { legend, series }]);
  }
  const { html, width, height } = page(dashboard, results, to - seconds, to);
  const file = join(folder, `${name}.html`);
  await writeFile(file, html);
  const target = fileURLToPath(new URL(`${name}.png`, import.meta.url));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}/chromium`,
  ];
  await run('chromium', [
    ...flags,
    `--window-size=${width},${height}`,
    `--screenshot=${target}`,
    pathToFileURL(file).href,
  ]);
  await run('pngquant', ['--force', '--ext', '.png', '--speed', '1', '32', target]);
}
