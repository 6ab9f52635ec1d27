/** `node service/test/console/take-screenshots.ts`: the pictures of docs/images, from the real service. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { needBinary } from '../../../test-support/programs/binaries.ts';
import { ServiceProcess } from '../../../test-support/service-process/service-process.ts';

const order = (i: number) => `{"id":${10_400 + i},"state":"${['paid', 'packed', 'sent'][i % 3]}","total":${i * 7}.50}`;
const orders = Array.from({ length: 340 }, (_, i) => `"order/2026-11/${10_400 + i}":${order(i)}`);
const people = ['ada', 'bora', 'chidi', 'dilnoza', 'eitan', 'freya', 'goro', 'hana', 'joão', 'kwame'];
const others = [
  '"config/limits":{"maxBody":1048576,"ratio":1.0,"serial":101660004000155481467,"note":null,"open":true,"hosts":["a.example","b.example"]}',
  '"config/banner":"Back at 14:00. Thank you for waiting."',
  '"feature/dark-mode":true',
  '"feature/new-search":false',
  ...people.map((name) => `"user/${name}":{"name":"${name}","roles":["reader"]}`),
];

const dataDir = await mkdtemp(join(tmpdir(), 'kvstore-pictures-'));
const service = await ServiceProcess.start({ endpoints: [], dataDir });
const browser = await chromium.launch({ executablePath: needBinary('chromium'), args: ['--no-sandbox'] });
try {
  await fetch(`${service.url}/set`, { method: 'POST', body: `{${[...orders, ...others].join(',')}}` });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1200, height: 720 } });
    await page.goto(`${service.url}/ui#key=config/limits`);
    await page.getByRole('heading', { name: 'config/limits' }).waitFor();
    await page.getByText('First 200 keys').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const path = fileURLToPath(new URL(`../../../docs/images/console-${colorScheme}.png`, import.meta.url));
    await page.screenshot({ path });
    await page.close();
  }
} finally {
  await browser.close();
  await service.kill();
  await rm(dataDir, { recursive: true, force: true });
}
