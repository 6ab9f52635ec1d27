/** backup and restore: a folder of exports, and what may be written over. */
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { cli, startCli } from './support/cli.ts';
import { startFront } from './support/front.ts';
import { runCli } from './support/in-process.ts';
import { manyLines, withoutRevisions } from './support/pairs.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
const lines = manyLines(3000);

test.serial('backed up, lost, restored: the same, byte for byte', async (t) => {
  const { url } = store;
  const folder = join(temporaryFolder(t), 'made', 'anew');
  await cli(t, ['import'], { url, input: lines });
  t.is((await cli(t, ['backup', folder, '--keep', '2'], { url })).code, 0);
  const other = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t) } });
  t.is((await cli(t, ['restore', folder], { url: other.url })).code, 0);
  t.is(withoutRevisions((await cli(t, ['export'], { url: other.url })).stdout), lines);
});

test.serial('only so many are kept, half ones of long ago go, and nothing else is touched', async (t) => {
  const { url } = store;
  const folder = temporaryFolder(t);
  const old = ['20200101T000000.000Z.jsonl', '20200102T000000.000Z.jsonl', '20200103T000000.000Z.jsonl'];
  const half = ['20200104T000000.000Z.jsonl.partial', '20200105T000000.000Z.jsonl.partial'];
  const foreign = ['notes.jsonl', '20200101.jsonl'];
  for (const name of [...old, ...half, ...foreign]) writeFileSync(join(folder, name), '');
  utimesSync(join(folder, half[0] ?? ''), 0, 0);
  t.is((await cli(t, ['backup', folder, '--keep', '2'], { url })).code, 0);
  const left = readdirSync(folder).sort();
  t.deepEqual(
    left.filter((name) => name.startsWith('2020') || name === 'notes.jsonl'),
    [foreign[1], old[2], half[1], foreign[0]],
  );
  t.is(left.length, 5);
});

test.serial('a backup that fails leaves the former ones as they are', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, '20200101T000000.000Z.jsonl'), '');
  t.is((await cli(t, ['backup', folder, '--keep', '1', '--retry-for', '0'])).code, 6);
  t.deepEqual(readdirSync(folder), ['20200101T000000.000Z.jsonl'], 'and leaves no half one');
});

test.serial('the newest is restored, or the file that is named', async (t) => {
  const { url } = store;
  const folder = temporaryFolder(t);
  t.is((await cli(t, ['restore', folder], { url })).code, 3);
  t.is((await cli(t, ['restore', join(folder, 'none')], { url })).code, 3);
  writeFileSync(join(folder, '20200101T000000.000Z.jsonl'), '{"key":"a","value":1}\n');
  writeFileSync(join(folder, '20200102T000000.000Z.jsonl'), '{"key":"a","value":1}\n{"key":"b","value":1}\n');
  writeFileSync(join(folder, '20200103T000000.000Z.jsonl.partial'), '{"key":"c","value":1}\n');
  t.is((await cli(t, ['restore', join(folder, '20200101T000000.000Z.jsonl')], { url })).code, 0);
  t.is((await cli(t, ['get', 'b'], { url })).code, 3);
  t.is((await cli(t, ['restore', folder], { url })).code, 0);
  t.is((await cli(t, ['get', 'b'], { url })).code, 0);
  t.is((await cli(t, ['get', 'c'], { url })).code, 3);
});

test.serial('a store that holds other data is left alone', async (t) => {
  const { url } = store;
  const file = join(temporaryFolder(t), 'backup');
  writeFileSync(file, '{"key":"a","value":1}\n{"key":"b","value":2}\n');
  for (const other of ['{"a":1.0}', '{"0":1}', '{"a":1,"aa":1}', '{"b":2,"z":0}']) {
    await fetch(`${url}/set`, { method: 'POST', body: other });
    const before = (await cli(t, ['export'], { url })).stdout;
    const { code, stderr } = await cli(t, ['restore', file], { url });
    t.is(code, 4);
    t.regex(stderr, /the store holds other data, such as the key/);
    t.is((await cli(t, ['export'], { url })).stdout, before);
    await cli(t, ['delete', '0', 'a', 'aa', 'b', 'z'], { url });
  }
});

test.serial('a restore that was killed goes on', async (t) => {
  const { url } = store;
  const front = await startFront(t, url);
  const file = join(temporaryFolder(t), 'backup');
  writeFileSync(file, lines);
  front.act = ({ method }) => (method === 'POST' && front.seen.length === 3 ? 'hold' : 'pass');
  const { child, ended } = startCli(t, ['restore', file], { url: front.url });
  await waitFor('the second batch', () => front.seen.length === 3);
  child.kill('SIGKILL');
  await ended;
  t.is((await cli(t, ['restore', file], { url })).code, 0);
  t.is(withoutRevisions((await cli(t, ['export'], { url })).stdout), readFileSync(file, 'utf8'));
});

test.serial('a backup that is named in the future: the new one stays, and both say so', async (t) => {
  const { url } = store;
  const folder = temporaryFolder(t);
  const future = '29990101T000000.000Z.jsonl';
  writeFileSync(join(folder, future), '{"key":"of the future","value":1}\n');
  t.is((await runCli(['set', 'a', '1'], { url })).code, 0);
  for (let i = 1; i <= 3; i++) {
    const { code, stderr } = await runCli(['backup', folder, '--keep', '1', '-q'], { url });
    t.is(code, 0);
    t.regex(stderr, /the name 29990101T000000\.000Z\.jsonl is ahead of this machine's clock.*it was not deleted/);
    const names = readdirSync(folder).sort();
    t.is(names.length, 2);
    t.is(names[1], future);
    t.regex(readFileSync(join(folder, names[0] ?? ''), 'utf8'), /"key":"a"/);
  }
  t.is((await runCli(['delete', 'a'], { url })).code, 0);
  const restored = await runCli(['restore', folder, '-q'], { url });
  t.is(restored.code, 0);
  t.regex(restored.stderr, /ahead of this machine's clock.*; name a file to restore another one/);
});

test.serial('a clock that was put back by an hour: what was just written is never deleted', async (t) => {
  const { url } = store;
  const folder = temporaryFolder(t);
  t.is((await runCli(['backup', folder, '--keep', '2'], { url })).code, 0);
  for (let i = 0; i < 4; i++) {
    const before = new Set(readdirSync(folder));
    t.is((await runCli(['backup', folder, '--keep', '2', '-q'], { url, ahead: -3_600_000 })).code, 0);
    t.is(readdirSync(folder).filter((name) => !before.has(name)).length, 1, 'the new one is there');
    t.true(readdirSync(folder).length <= 3);
  }
});
