/** A log that cannot be written: the service serves, is watched and ends as ever, and the lines that are lost are counted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { smallDisk } from './support/small-disk.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
type Output = number | 'pipe';

/** The service with its output wherever the test wants it; where it listens is known beforehand. */
async function start(t: ExecutionContext, stdout: Output, stderr: Output, format = 'json') {
  const [port = 0] = await freePorts(1);
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', stdout, stderr],
    env: {
      PATH: process.env.PATH,
      KV_PORT: String(port),
      KV_DATA_DIR: temporaryFolder(t),
      KV_LOG_FORMAT: format,
      KV_DRAIN_WINDOW: '0s',
      // A line at the start.
      KV_MISSPELT: '1',
    },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the service', async () => (await fetch(`${url}/livez`)).ok);
  return { child, url };
}

async function worksAndEnds(t: ExecutionContext, { child, url }: { child: ChildProcess; url: string }) {
  t.is((await fetch(`${url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
  t.is(await (await fetch(`${url}/get/a`)).text(), '1');
  t.is((await fetch(`${url}/readyz`)).status, 200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
}

async function droppedBy(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^kvstore_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
}

for (const format of ['json', 'pretty']) {
  test(`${format} into a full disk: standard output and standard error`, async (t) => {
    const full = openSync('/dev/full', 'w');
    t.teardown(() => closeSync(full));
    const service = await start(t, full, full, format);
    t.true((await droppedBy(service.url)) >= 2);
    await worksAndEnds(t, service);
  });

  test(`${format} into a pipe whose reader has left`, async (t) => {
    const service = await start(t, 'pipe', 'pipe', format);
    service.child.stdout?.destroy();
    service.child.stderr?.destroy();
    await worksAndEnds(t, service);
  });
}

test('a disk that has room again: the log goes on, and says how many lines are missing', async (t) => {
  const disk = smallDisk(t, 64 * 1024);
  if (disk === undefined) {
    t.pass('only root can mount a disk for this');
    return;
  }
  disk.fill(0);
  const path = join(disk.folder, '..', 'log');
  const file = openSync(path, 'w');
  t.teardown(() => closeSync(file));
  const service = await start(t, file, 'pipe');
  const dropped = await droppedBy(service.url);
  t.true(dropped >= 2);
  disk.free();
  await worksAndEnds(t, service);
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(lines[0], { level: 40, msg: 'lines of the log were dropped', dropped });
  t.deepEqual(
    lines.slice(1).map(({ msg }) => msg),
    ['shutting down', 'ended'],
  );
});

test('a pipe whose reader stalls at 5,000 lines a second: other work goes on, and the process ends', async (t) => {
  const script = `
    import { Registry } from ${JSON.stringify(import.meta.resolve('prom-client'))};
    import { createLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)};
    process.stdout.isTTY;
    const registry = new Registry();
    const { log, flush } = createLog({ level: 'info', format: 'json', terminal: false, registry });
    let turns = 0;
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j < 100; j++) log.info({ i, j, filler: 'x'.repeat(100) }, 'line');
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    const { values } = await registry.getSingleMetric('kvstore_log_lines_dropped_total').get();
    await flush(100);
    process.stderr.write(JSON.stringify({ turns, dropped: values[0].value }));
    process.exit(0);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  // Its standard output is never read.
  t.deepEqual((await once(child, 'exit'))[0], 0, said);
  await waitFor('what it said', () => said.endsWith('}'));
  const { turns, dropped } = JSON.parse(said);
  t.is(turns, 200);
  t.true(dropped > 1000 && dropped < 20_000, `${dropped}`);
});
