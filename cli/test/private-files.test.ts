/** What the command line writes is for its user alone, and goes through no link. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { Checkpoint } from '../src/files/checkpoint.ts';
import { readLines } from '../src/pairs/lines.ts';
import { cli } from './support/cli.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

test.serial('backups and their folder', async (t) => {
  const { url } = store;
  const folder = join(temporaryFolder(t), 'backups', 'shop');
  const { code, stderr } = await cli(t, ['backup', folder, '--keep', '1'], { url });
  t.is(code, 0, stderr);
  t.deepEqual([modeOf(folder), modeOf(join(folder, '..'))], ['700', '700']);
  for (const name of readdirSync(folder)) t.is(modeOf(join(folder, name)), '600', name);
  t.notRegex(stderr, /other users/);
  chmodSync(folder, 0o777);
  t.regex((await cli(t, ['backup', folder, '--keep', '1'], { url })).stderr, /other users may read .*: chmod -R go= /);
});

test.serial('exports; a file that was there keeps its rights', async (t) => {
  const { url } = store;
  const file = join(temporaryFolder(t), 'export.jsonl');
  t.is((await cli(t, ['export', file], { url })).code, 0);
  t.is(modeOf(file), '600');
  chmodSync(file, 0o644);
  t.is((await cli(t, ['export', file], { url })).code, 0);
  t.is(modeOf(file), '644');
});

test.serial('a link under the name of a half export is not followed', async (t) => {
  const { url } = store;
  const folder = temporaryFolder(t);
  const [file, outside] = [join(folder, 'export.jsonl'), join(folder, 'precious')];
  writeFileSync(outside, 'precious');
  symlinkSync(outside, `${file}.partial`);
  const resumed = await cli(t, ['export', file, '--resume'], { url });
  t.is(resumed.code, 1);
  t.regex(resumed.stderr, /export\.jsonl\.partial is a link, which is not followed: remove it/);
  t.is((await cli(t, ['export', file], { url })).code, 0);
  t.is(readFileSync(outside, 'utf8'), 'precious');
  t.false(lstatSync(file).isSymbolicLink());
});

test('a checkpoint, in the place of a link', async (t) => {
  const folder = temporaryFolder(t);
  const [file, outside] = [join(folder, 'a.checkpoint'), join(folder, 'precious')];
  mkdirSync(folder, { recursive: true });
  writeFileSync(outside, 'precious');
  symlinkSync(outside, `${file}.new`);
  const checkpoint = await Checkpoint.read(file);
  async function* input() {
    yield Buffer.from('{"key":"a","value":1}\n');
  }
  for await (const line of checkpoint.rest(readLines(input()))) await checkpoint.save(line);
  t.is(modeOf(file), '600');
  t.is(readFileSync(outside, 'utf8'), 'precious');
});
