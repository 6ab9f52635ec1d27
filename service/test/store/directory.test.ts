/** Data directories that cannot be used: a message of one line, exit code 1 or 3, and the data as it was. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { env, getuid } from 'node:process';
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
  const late = setTimeout(() => service.child.kill('SIGKILL'), 120_000);
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

test('a lock file of LMDB that is garbage, unreadable or a folder is replaced', async (t) => {
  const directory = await filledDirectory(t);
  const user = getuid?.() === 0 ? { uid: nobody } : {};
  if (getuid?.() === 0) {
    for (const name of ['.', 'data.mdb', 'owner.lock']) chownSync(join(directory, name), nobody, nobody);
  }
  const file = join(directory, 'lock.mdb');
  const damages: Record<string, () => void> = {
    garbage: () => writeFileSync(file, randomBytes(200_000), { mode: 0o666 }),
    'a few bytes': () => writeFileSync(file, 'hello', { mode: 0o666 }),
    unreadable: () => writeFileSync(file, '', { mode: 0o000 }),
    'read-only': () => writeFileSync(file, Buffer.alloc(200_000), { mode: 0o444 }),
    'a folder': () => mkdirSync(file),
  };
  for (const [damage, make] of Object.entries(damages)) {
    rmSync(file, { force: true });
    make();
    t.log(damage);
    const service = await startService(t, { ...user, env: { KV_DATA_DIR: directory } });
    t.is(await (await fetch(`${service.url}/get/key-1`)).text(), JSON.stringify('x'.repeat(10)));
    t.is((await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
    await service.stop('SIGINT');
  }
});

test('an owner.lock that is garbage is named, and nothing is changed', async (t) => {
  const directory = await filledDirectory(t);
  writeFileSync(join(directory, 'owner.lock'), randomBytes(10_000));
  await refused(t, directory, /owner\.lock is damaged; remove that file/);
});

test('a file system that is read-only: one sentence', async (t) => {
  const mount = temporaryFolder(t);
  if (getuid?.() !== 0 || !mounted(mount)) return noMount(t);
  t.teardown(() => execFileSync('umount', ['-l', mount]));
  const source = await filledDirectory(t);
  const directory = join(mount, 'data');
  cpSync(source, directory, { recursive: true });
  execFileSync('mount', ['-o', 'remount,ro', mount]);
  await refused(t, directory, /it cannot be written to/);
  await refused(t, join(mount, 'new'), /cannot be made/);
});

function mounted(mount: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', mount], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

function noMount(t: ExecutionContext): void {
  const message = 'SKIPPED: a read-only file system needs Linux, root and mount';
  t.log(message);
  if (env.CI === 'true') t.fail(message);
  else t.pass();
}

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
  t.deepEqual(
    revisions.map((tag) => tag.replace(/^"[0-9a-z]{8}-/, '"')),
    ['"1"', '"2"', '"3"'],
  );
});
