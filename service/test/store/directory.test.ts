/** Data directories that cannot be used: a message of one line, exit code 1, and the data as it was. */
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import test, { type ExecutionContext } from 'ava';
import { open } from 'lmdb';
import { type LaunchOptions, launch, startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';

/** An unprivileged user, for tests that run as root. */
const nobody = 65_534;

async function refused(
  t: ExecutionContext,
  directory: string,
  message: RegExp,
  options: LaunchOptions & { code?: number } = {},
) {
  const { code = 1 } = options;
  const service = launch(t, { ...options, env: { KV_DATA_DIR: directory } });
  const late = setTimeout(() => service.child.kill('SIGKILL'), 20_000);
  t.teardown(() => clearTimeout(late));
  t.deepEqual(await service.ended, { code, signal: null }, service.stderr());
  t.regex(service.stderr(), message);
  t.is(service.stderr().trim().split('\n').length, 1, service.stderr());
  t.true(service.stderr().includes(directory), service.stderr());
}

/** A directory with a few hundred pairs in it, some larger than half a page. */
async function filledDirectory(t: ExecutionContext): Promise<string> {
  const directory = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const pairs = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key-${i}`, 'x'.repeat(i * 10)]));
  const answer = await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(pairs) });
  t.is(answer.status, 200);
  await service.stop('SIGINT');
  return directory;
}

test('a second process on the same directory is refused, and the first one goes on', async (t) => {
  const directory = temporaryFolder(t);
  const first = await startService(t, { env: { KV_DATA_DIR: directory } });
  await refused(t, directory, /another process uses it/);
  const answer = await fetch(`${first.url}/set`, { method: 'POST', body: '{"a":1}' });
  t.is(answer.status, 200);
  await first.stop('SIGKILL');
  const next = await startService(t, { env: { KV_DATA_DIR: directory } });
  t.is(await (await fetch(`${next.url}/get/a`)).text(), '1');
});

test('a directory that cannot be written to or made is refused', async (t) => {
  const directory = temporaryFolder(t);
  chmodSync(directory, 0o555);
  const user = getuid?.() === 0 ? { uid: nobody } : {};
  await refused(t, directory, /it cannot be written to/, user);
  await refused(t, join(directory, 'below'), /cannot be made/, user);
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, 'not a folder');
  await refused(t, file, /cannot be made/);
});

test('a directory of another format is refused', async (t) => {
  const directory = temporaryFolder(t);
  const root = open({ path: directory, noSubdir: false, maxDbs: 4, overlappingSync: false });
  root.openDB('meta', { encoding: 'string' }).putSync('format', '999');
  await root.close();
  const before = readFileSync(join(directory, 'data.mdb'));
  await refused(t, directory, /has format 999; this version reads format 2/);
  t.deepEqual(readFileSync(join(directory, 'data.mdb')), before);
});

test('a damaged data file is refused, and left as it is', async (t) => {
  const good = join(await filledDirectory(t), 'data.mdb');
  const size = readFileSync(good).length;
  const damages: Record<string, (file: string) => void> = {
    'random bytes': (file) => writeFileSync(file, randomBytes(size)),
    'a few bytes': (file) => writeFileSync(file, 'hello'),
    'zero bytes': (file) => writeFileSync(file, Buffer.alloc(size)),
    'the first page': (file) => truncateSync(file, 4096),
    'half of it': (file) => truncateSync(file, Math.floor(size / 2)),
    'all but some pages': (file) => truncateSync(file, size - 20 * 4096),
    'all but a part of a page': (file) => truncateSync(file, size - 20 * 4096 - 1000),
  };
  for (const [damage, make] of Object.entries(damages)) {
    const directory = temporaryFolder(t);
    const file = join(directory, 'data.mdb');
    copyFileSync(good, file);
    make(file);
    const before = readFileSync(file);
    t.log(damage);
    await refused(t, directory, /data\.mdb is damaged.*salvage/, { code: 3 });
    t.true(readFileSync(file).equals(before), damage);
  }
});

test('an empty data file, which an interrupted first start leaves, is filled', async (t) => {
  const directory = temporaryFolder(t);
  writeFileSync(join(directory, 'data.mdb'), '');
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  t.is(await (await fetch(service.url)).text(), '{}');
});

test('a clock that went back changes nothing: revisions count writes, not time', async (t) => {
  const env = { KV_DATA_DIR: temporaryFolder(t) };
  const revisions: string[] = [];
  for (const now of ['2e12', '1', '-1e12']) {
    const nodeArgs = ['--import', `data:text/javascript,Date.now = () => ${now}`];
    const service = await startService(t, { env, nodeArgs });
    const answer = await fetch(`${service.url}/set`, { method: 'POST', body: `{"now":${now}}` });
    revisions.push(answer.headers.get('etag') ?? '');
    t.is(await (await fetch(`${service.url}/get/now`)).text(), now);
    await service.stop('SIGKILL');
  }
  t.deepEqual(revisions, ['"1"', '"2"', '"3"']);
});
