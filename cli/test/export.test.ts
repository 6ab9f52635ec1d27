/** Exports: whole, resumed, into pipes. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { cli, startCli } from './support/cli.ts';
import { type Front, startFront } from './support/front.ts';
import { manyLines, withoutRevisions } from './support/pairs.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);

const count = 5000;
const lines = manyLines(count);

/** A store with many pairs, and something in front of it. */
async function filled(t: ExecutionContext): Promise<Front> {
  const pairs = lines
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^{"key":(".*"),"value":(.*)}$/, '$1:$2'));
  t.true((await fetch(`${store.url}/set`, { method: 'POST', body: `{${pairs.join(',')}}` })).ok);
  return startFront(t, store.url);
}

/** An export that is under way and stays there. */
async function halfDone(t: ExecutionContext) {
  const front = await filled(t);
  const file = join(temporaryFolder(t), 'all.jsonl');
  front.act = () => ({ afterBytes: 100_001, next: 'hold' });
  const { child, ended } = startCli(t, ['export', file], { url: front.url });
  await waitFor('half an export', () => existsSync(`${file}.partial`) && statSync(`${file}.partial`).size > 50_000);
  return { front, file, child, ended };
}

test.serial('what was imported is exported byte for byte, into a file and into a pipe', async (t) => {
  const { url } = await filled(t);
  const file = join(temporaryFolder(t), 'all.jsonl');
  const { code, stdout, stderr } = await cli(t, ['export', file], { url });
  t.deepEqual([code, stdout, stderr], [0, '', `kvstore-cli: ${count} pairs exported\n`]);
  t.is(withoutRevisions(readFileSync(file, 'utf8')), lines);
  t.false(existsSync(`${file}.partial`));
  const piped = await cli(t, ['export', '-q'], { url });
  t.is(withoutRevisions(piped.stdout), lines);
  t.is(piped.stderr, '');
});

test.serial('killed in the middle, then resumed: complete and equal', async (t) => {
  const { front, file, child, ended } = await halfDone(t);
  child.kill('SIGKILL');
  await ended;
  t.false(existsSync(file), 'no half file under the right name');

  front.act = () => 'pass';
  t.is((await cli(t, ['export', '--resume', file], { url: front.url })).code, 0);
  t.regex(front.seen.at(-1) ?? '', /^GET \/\?after=key-000\d{4}&count=true$/);
  t.is(withoutRevisions(readFileSync(file, 'utf8')), lines);
});

for (const [title, cut] of [
  ['in the middle of a line', (whole: string) => whole.slice(0, -20)],
  ['within the first line', (whole: string) => whole.slice(0, 9)],
  ['behind a line', (whole: string) => whole],
  ['before anything', () => ''],
] as const) {
  test.serial(`a half export that ends ${title} goes on behind its last whole line`, async (t) => {
    const { url } = await filled(t);
    const file = join(temporaryFolder(t), 'all.jsonl');
    const half = lines.slice(0, lines.indexOf('\n', 80_000) + 1);
    writeFileSync(`${file}.partial`, cut(half));
    t.is((await cli(t, ['export', '--resume', file], { url })).code, 0);
    t.is(withoutRevisions(readFileSync(file, 'utf8')), lines);
  });
}

test.serial('a connection that breaks goes on by itself', async (t) => {
  const front = await filled(t);
  let breaks = 3;
  front.act = () => (breaks-- > 0 ? { afterBytes: 70_000, next: 'break' } : 'pass');
  const { code, stdout, stderr } = await cli(t, ['export'], { url: front.url });
  t.is(code, 0);
  t.is(withoutRevisions(stdout), lines);
  t.regex(stderr, /going on in a later state/);
  t.is(front.seen.length, 4);
});

test.serial('one state: what breaks begins again, and gives up at last', async (t) => {
  const front = await filled(t);
  const file = join(temporaryFolder(t), 'all.jsonl');
  let breaks = 2;
  front.act = () => (breaks-- > 0 ? { afterBytes: 70_000, next: 'break' } : 'pass');
  const first = await cli(t, ['export', '--one-state', file], { url: front.url });
  t.is(first.code, 0);
  t.regex(first.stderr, new RegExp(`beginning again\\nkvstore-cli: ${count} pairs exported\\n$`));
  t.is(withoutRevisions(readFileSync(file, 'utf8')), lines);
  t.deepEqual(
    front.seen,
    Array.from({ length: 3 }, () => 'GET /?count=true'),
  );

  front.act = () => ({ afterBytes: 70_000, next: 'break' });
  t.is((await cli(t, ['export', '--one-state', file], { url: front.url })).code, 6);
  t.is(withoutRevisions(readFileSync(file, 'utf8')), lines, 'the former export is still there');
});

test.serial('a reader that has enough ends it quietly', async (t) => {
  await filled(t);
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const script = `"${process.execPath}" "${main}" export | head -2; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], {
    env: { PATH: process.env.PATH, KV_URL: store.url },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.is(withoutRevisions(stdout), `${lines.split('\n').slice(0, 2).join('\n')}\n141\n`);
  t.is(stderr, '');
});

test.serial('a folder that is not there: exit code 1, and why', async (t) => {
  const { url } = await filled(t);
  const { code, stderr } = await cli(t, ['export', join(temporaryFolder(t), 'missing', 'file')], { url });
  t.is(code, 1);
  t.regex(stderr, /ENOENT/);
});

test.serial('interrupted: 130, and what there is can be resumed', async (t) => {
  const { child, ended } = await halfDone(t);
  child.kill('SIGINT');
  t.like(await ended, { code: 130, stderr: 'kvstore-cli: interrupted\n' });
});

test.serial('an answer that is cut without a trace, as HTTP/1.0 allows, is never taken for the whole', async (t) => {
  const { url } = await filled(t);
  let whole = '';
  const server = createServer(async (request, response) => {
    const answer = await fetch(`${url}${request.url}`, { headers: { Accept: 'application/x-ndjson' } });
    whole = await answer.text();
    response.useChunkedEncodingByDefault = false;
    const etag = answer.headers.get('etag') ?? '';
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson', ETag: etag, Connection: 'close' });
    // At the end of a line: each line is good.
    response.end(whole.slice(0, whole.lastIndexOf('\n', whole.length / 2) + 1));
  });
  const port = await listen(server);
  t.teardown(() => server.close());
  const file = join(temporaryFolder(t), 'all.jsonl');
  for (const args of [['export', file, '--one-state'], ['backup', join(file, '..', 'b'), '--keep', '1'], ['export']]) {
    const { code, stderr } = await cli(t, [...args, '--retry-for', '0'], { url: `http://127.0.0.1:${port}` });
    if (args.length > 1) t.is(code, 6, stderr);
    t.regex(stderr, /the answer ends before its end/);
  }
  t.false(existsSync(file));
  t.regex(whole, /\{"count":\d+\}\n$/);
});
