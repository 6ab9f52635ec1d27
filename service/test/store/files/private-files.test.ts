/** What is stored is for the user of the process alone. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { lockDirectory } from '@kvstore/core/data-folder/owner-lock.ts';
import { looserThanPrivate, writePrivate } from '@kvstore/core/private-files.ts';
import test, { type ExecutionContext } from 'ava';
import { type LogLine, launch, startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';

/** An unprivileged user, for tests that run as root. */
const nobody = 65_534;
const isWarning = ({ msg }: LogLine) => String(msg).startsWith('Other users may read');
const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

async function run(t: ExecutionContext, directory: string): Promise<readonly LogLine[]> {
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const answer = await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' });
  t.is(answer.status, 200);
  await service.stop('SIGINT');
  return service.log;
}

test('a service runs as a user that the system has no entry of', async (t) => {
  // As a cluster that gives each namespace its own range does. Only root can start it so.
  const unknown = 54_321;
  const directory = temporaryFolder(t);
  const isRoot = getuid?.() === 0;
  if (isRoot) chownSync(directory, unknown, unknown);
  const service = await startService(t, { env: { KV_DATA_DIR: directory }, ...(isRoot ? { uid: unknown } : {}) });
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
  if (isRoot) t.is(lstatSync(join(directory, 'data.mdb')).uid, unknown);
});

test('a data folder and all that is in it are for their user alone, whatever the umask', async (t) => {
  const directory = join(temporaryFolder(t), 'deep', 'data');
  const log = await run(t, directory);
  t.is(modeOf(directory), '700');
  t.is(modeOf(join(directory, '..')), '700');
  const names = readdirSync(directory);
  t.true(
    ['data.mdb', 'lock.mdb', 'owner.lock', 'timeline'].every((name) => names.includes(name)),
    names.join(),
  );
  for (const name of names) t.is(modeOf(join(directory, name)), '600', name);
  t.deepEqual(log.filter(isWarning), []);
});

test('a key is never the name of a file, whatever it looks like', async (t) => {
  const outside = temporaryFolder(t);
  const directory = join(outside, 'data');
  await run(t, directory);
  const filesOf = () => readdirSync(outside, { recursive: true }).map(String).sort();
  const before = filesOf();
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const keys = ['../outside', '../../outside', join(outside, 'absolute'), 'owner.lock', './x/y', '..', '~/x'];
  const pairs = Object.fromEntries(keys.map((key) => [key, key]));
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(pairs) })).status, 200);
  const answer = await fetch(`${service.url}/get`, { method: 'POST', body: JSON.stringify(keys) });
  t.deepEqual(await answer.json(), pairs);
  await service.stop('SIGINT');
  t.deepEqual(filesOf(), before);
});

test('what was looser before is named in a warning, and stays as it is', async (t) => {
  const directory = temporaryFolder(t);
  await run(t, directory);
  chmodSync(directory, 0o777);
  chmodSync(join(directory, 'data.mdb'), 0o644);
  const log = await run(t, directory);
  t.like(log.find(isWarning), { level: 40, directory, paths: [directory, join(directory, 'data.mdb')] });
  t.is(modeOf(join(directory, 'data.mdb')), '644');
});

test('a folder that anybody may look into, with private files, is not loose; links and files of others are not ours', (t) => {
  const directory = temporaryFolder(t);
  writePrivate(join(directory, 'file'), 'x');
  chmodSync(directory, 0o755);
  symlinkSync('/nowhere', join(directory, 'link'));
  t.deepEqual(looserThanPrivate(directory), []);
});

test('a folder that cannot be looked into, such as lost+found of a volume, is no fault', async (t) => {
  const directory = temporaryFolder(t);
  mkdirSync(join(directory, 'lost+found'), { mode: 0 });
  t.deepEqual(looserThanPrivate(directory), []);
  const loose = join(directory, 'loose');
  writeFileSync(loose, '');
  chmodSync(loose, 0o644);
  t.deepEqual(looserThanPrivate(directory), [loose]);
  t.deepEqual(looserThanPrivate(join(directory, 'none')), []);
  if (getuid?.() !== 0) return;
  // As another user, whom the mode keeps out.
  chownSync(directory, nobody, nobody);
  chownSync(loose, nobody, nobody);
  const script = `import { looserThanPrivate } from ${JSON.stringify(new URL('../../../../core/src/private-files.ts', import.meta.url).href)};
    process.setuid(${nobody});
    process.stdout.write(JSON.stringify(looserThanPrivate(${JSON.stringify(directory)})));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  t.deepEqual(JSON.parse(stdout || '[]'), [loose], stderr);
});

test('a link under a name that the service makes up is replaced, never followed', async (t) => {
  const directory = temporaryFolder(t);
  const outside = join(temporaryFolder(t), 'precious');
  writeFileSync(outside, 'precious');
  await run(t, directory);
  for (const name of ['timeline.new', 'lock.mdb']) {
    rmSync(join(directory, name), { force: true });
    symlinkSync(outside, join(directory, name));
  }
  await run(t, directory);
  t.is(readFileSync(outside, 'utf8'), 'precious');
  t.false(lstatSync(join(directory, 'lock.mdb')).isSymbolicLink());
});

test("another user's lock is named with both users, and what to do", async (t) => {
  const directory = temporaryFolder(t);
  await run(t, directory);
  const file = join(directory, 'owner.lock');
  const expected =
    /owner\.lock belongs to the user with the id \d+, and this process runs as \d+; run it as that user, or .*chown -R/;
  if (getuid?.() === 0) {
    chownSync(directory, nobody, nobody);
    const service = launch(t, { uid: nobody, env: { KV_DATA_DIR: directory } });
    t.like(await service.ended, { code: 1 });
    t.regex(service.stderr(), expected);
  } else {
    // Only root could give it away.
    chmodSync(file, 0o000);
    t.throws(() => lockDirectory(directory, { uid: lstatSync(file).uid + 1 }), { message: expected });
  }
});
