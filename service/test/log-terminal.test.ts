/** A log into a terminal that takes nothing (Ctrl-S, tmux's copy mode) or is gone: the service serves and ends as ever. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { findBinary } from '../../test-support/programs/binaries.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const inTerminal = fileURLToPath(new URL('./support/in-terminal.py', import.meta.url));

/** The service in a terminal that is not read; each write is a line of its log. */
async function start(t: ExecutionContext, format: string) {
  const [port = 0] = await freePorts(1);
  const { PATH, HOME } = process.env;
  const python = spawn(findBinary('python3') ?? 'python3', [inTerminal, process.execPath, main], {
    env: {
      PATH,
      HOME,
      KV_PORT: String(port),
      KV_DATA_DIR: temporaryFolder(t),
      KV_LOG_FORMAT: format,
      KV_AUDIT_LOG: 'all',
      // Each write has its line, however quickly they come.
      KV_AUDIT_RATE: '10000',
      KV_DRAIN_WINDOW: '0s',
    },
  });
  const said = { lines: '', shown: '' };
  python.stdout.on('data', (piece) => {
    said.lines += piece;
  });
  python.stderr.on('data', (piece) => {
    said.shown += piece;
  });
  const pid = Number(await waitFor('its process id', () => /^(\d+)\n/.exec(said.lines)?.[1]));
  const ended = () => /^\d+\n(-?\d+)\n$/.exec(said.lines)?.[1];
  t.teardown(() => {
    if (ended() === undefined) process.kill(pid, 'SIGKILL');
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the service', async () => (await fetch(`${url}/livez`)).ok);
  return {
    url,
    shown: () => said.shown,
    order: (line: 'read' | 'leave') => python.stdin.write(`${line}\n`),
    async end() {
      process.kill(pid, 'SIGTERM');
      return await waitFor('its end', ended);
    },
  };
}

/** More lines than a terminal holds. */
async function manyWrites(t: ExecutionContext, url: string) {
  for (let i = 0; i < 200; i++) {
    const body = JSON.stringify({ [`key-${i}`]: 1 });
    const answer = await fetch(`${url}/set`, { method: 'POST', body, signal: AbortSignal.timeout(20_000) });
    t.is(answer.status, 200);
    await answer.arrayBuffer();
  }
}

for (const format of ['json', 'pretty']) {
  test(`${format} into a terminal that takes nothing: every write is answered, and the service ends`, async (t) => {
    const service = await start(t, format);
    await manyWrites(t, service.url);
    t.is(await service.end(), '0');
  });
}

test('a terminal that takes lines again: none is missing', async (t) => {
  const service = await start(t, 'json');
  await manyWrites(t, service.url);
  service.order('read');
  await waitFor('the last line', () => service.shown().includes('key-199'));
  for (let i = 0; i < 200; i++) t.true(service.shown().includes(`key-${i}"`), `key-${i}`);
  t.is(await service.end(), '0');
});

test('a terminal that is gone: lines are dropped and counted', async (t) => {
  const service = await start(t, 'json');
  service.order('leave');
  await waitFor('lines that are dropped', async () => {
    await manyWrites(t, service.url);
    const text = await (await fetch(`${service.url}/metrics`)).text();
    return Number(/^kvstore_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]) > 0;
  });
  t.is(await service.end(), '0');
});
