/** What the user names as an output is written to as it is: devices, FIFOs, links and rights stay what they were. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { runCli } from '../support/in-process.ts';
import { manyLines, withoutRevisions } from '../support/pairs.ts';
import { oneStore } from '../support/store.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const store = oneStore(test);
const lines = manyLines(300);
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

async function fill(): Promise<string> {
  const { url } = store;
  await runCli(['import', '-q'], { url, input: lines });
  return url;
}

test.serial('a device stays a device', async (t) => {
  const url = await fill();
  const folder = temporaryFolder(t);
  // A link, so that a fault of the product cannot break the machine's own device.
  const device = join(folder, 'null');
  symlinkSync('/dev/null', device);
  for (const options of [[], ['--one-state']]) {
    const { code, stderr } = await runCli(['export', device, ...options], { url });
    t.is(code, 0, stderr);
    t.regex(stderr, /300 pairs exported/);
  }
  t.is(readlinkSync(device), '/dev/null');
  t.true(statSync('/dev/null').isCharacterDevice());
  t.deepEqual(readdirSync(folder), ['null']);
  const resumed = await runCli(['export', device, '--resume'], { url });
  t.is(resumed.code, 2);
  t.regex(resumed.stderr, /--resume needs a regular file/);
  const marked = await runCli(['import', '--checkpoint', device], { url, input: lines });
  t.is(marked.code, 2);
  t.regex(marked.stderr, /null is no regular file: a checkpoint is/);
  const full = await runCli(['export', '/dev/full'], { url });
  t.is(full.code, 1);
  t.regex(full.stderr, /ENOSPC/);
});

test.serial('a FIFO is written into', async (t) => {
  const url = await fill();
  const fifo = join(temporaryFolder(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const [{ code }, got] = await Promise.all([runCli(['export', fifo, '-q'], { url }), text(createReadStream(fifo))]);
  t.is(code, 0);
  t.is(withoutRevisions(got), lines);
  t.true(lstatSync(fifo).isFIFO());
});

test.serial('standard output by its name', async (t) => {
  const url = await fill();
  const script = `"${process.execPath}" "${main}" export /dev/stdout -q | cat`;
  const env = { PATH: process.env.PATH, KV_URL: url };
  t.is(withoutRevisions(execFileSync('bash', ['-o', 'pipefail', '-c', script], { env, encoding: 'utf8' })), lines);
});

test.serial('links stay, and what they lead to is replaced; also what is not there yet', async (t) => {
  const url = await fill();
  const folder = temporaryFolder(t);
  const [real, link, second] = [join(folder, 'real'), join(folder, 'link'), join(folder, 'second')];
  mkdirSync(join(folder, 'below'));
  writeFileSync(real, 'old', { mode: 0o640 });
  symlinkSync('real', link);
  symlinkSync('link', second);
  t.is((await runCli(['export', second, '-q'], { url })).code, 0);
  t.deepEqual([readlinkSync(link), readlinkSync(second)], ['real', 'link']);
  t.is(withoutRevisions(readFileSync(real, 'utf8')), lines);
  t.is(modeOf(real), '640');
  const dangling = join(folder, 'dangling');
  symlinkSync('below/new', dangling);
  t.is((await runCli(['export', dangling, '-q'], { url })).code, 0);
  t.is(readlinkSync(dangling), 'below/new');
  t.is(modeOf(join(folder, 'below/new')), '600');
  const loop = join(folder, 'loop');
  symlinkSync('loop', loop);
  const looped = await runCli(['export', loop], { url });
  t.is(looped.code, 2);
  t.regex(looped.stderr, /links/);
  t.is((await runCli(['export', folder], { url })).code, 2);
});

for (const mode of [0o600, 0o644, 0o660, 0o400]) {
  test.serial(`the mode ${mode.toString(8)} of a file that is replaced stays`, async (t) => {
    const url = await fill();
    const folder = temporaryFolder(t);
    const [file, checkpoint] = [join(folder, 'all.jsonl'), join(folder, 'mark')];
    writeFileSync(file, 'old');
    chmodSync(file, mode);
    t.is((await runCli(['export', file, '-q'], { url })).code, 0);
    t.is(modeOf(file), mode.toString(8));
    const [first = ''] = lines.split('\n');
    const bad = `${first}\nnonsense\n`;
    t.is((await runCli(['import', '--checkpoint', checkpoint], { url, input: bad })).code, 1);
    t.is(modeOf(checkpoint), '600');
    chmodSync(checkpoint, mode);
    t.is((await runCli(['import', '--checkpoint', checkpoint], { url, input: bad })).code, 1);
    t.is(modeOf(checkpoint), mode.toString(8));
  });
}

test.serial('a checkpoint behind a link', async (t) => {
  const url = await fill();
  const folder = temporaryFolder(t);
  const [real, link] = [join(folder, 'real'), join(folder, 'link')];
  symlinkSync('real', link);
  const [first = ''] = lines.split('\n');
  t.is((await runCli(['import', '--checkpoint', link], { url, input: `${first}\nnonsense\n` })).code, 1);
  t.is(readlinkSync(link), 'real');
  t.is(JSON.parse(readFileSync(real, 'utf8')).lines, 1);
  t.is((await runCli(['import', '--checkpoint', link], { url, input: `${first}\n` })).code, 0);
  t.false(existsSync(real));
});

test.serial(
  'standard output and standard error on a full disk: exit code 1, and why where it can be said',
  async (t) => {
    const url = await fill();
    const run = (redirect: string) => {
      const script = `"${process.execPath}" "${main}" export ${redirect}`;
      return spawnSync('bash', ['-c', script], { env: { PATH: process.env.PATH, KV_URL: url }, encoding: 'utf8' });
    };
    const { status, stderr } = run('> /dev/full');
    t.is(status, 1);
    t.regex(stderr, /kvstore-cli: standard output: ENOSPC/);
    t.is(run('> /dev/full 2> /dev/full').status, 1);
    t.is(run('2> /dev/full').status, 0, 'messages alone are lost');
  },
);
