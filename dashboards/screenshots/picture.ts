/** Draws a dashboard as a PNG from what a Prometheus answers to its queries. Needs chromium and pngquant. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Prometheus } from '../test/support/prometheus.ts';
import type { PanelQuery } from '../test/support/queries.ts';
import { type Drawn, page } from './page.ts';

const run = promisify(execFile);

export interface Picture {
  readonly dashboard: Dashboard;
  /** With its variables filled in. */
  readonly queries: readonly PanelQuery[];
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Seconds between two points. */
  readonly step: number;
  /** Name of the file beside this one, without `.png`. */
  readonly name: string;
}

export async function takePicture(prometheus: Prometheus, picture: Picture): Promise<void> {
  const { dashboard, queries, from, to, step, name } = picture;
  const results = new Map<Panel, Drawn[]>();
  for (const { panel, legend, expr } of queries) {
    const series = await prometheus.queryRange(expr, from, to, step);
    results.set(panel, [...(results.get(panel) ?? []), { legend, series }]);
  }
  const { html, width, height } = page(dashboard, results, from, to);
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-screenshots-'));
  try {
    const file = join(folder, `${name}.html`);
    await writeFile(file, html);
    const target = fileURLToPath(new URL(`${name}.png`, import.meta.url));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'];
    const words = [`--user-data-dir=${folder}/chromium`, `--window-size=${width},${height}`, `--screenshot=${target}`];
    await run('chromium', [...flags, ...words, pathToFileURL(file).href], { timeout: 120_000 });
    await run('pngquant', ['--force', '--ext', '.png', '--speed', '1', '32', target]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
