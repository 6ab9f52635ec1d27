/** The compile cache of images: what the programs start with is in it, and processes of an image read it. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { makeCompileCache } from '../make-compile-cache.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const preload = join(root, 'images/use-compile-cache.cjs');

/** A folder laid out as an image is, with a program of its own. */
function imageOf(t: ExecutionContext): { folder: string; program: string; preload: string } {
  const folder = temporaryFolder(t);
  const program = join(folder, 'program.ts');
  mkdirSync(join(folder, 'images'));
  copyFileSync(preload, join(folder, 'images/use-compile-cache.cjs'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(program, "const text: string = 'done';\nconsole.log(text);\n");
  return { folder, program, preload: join(folder, 'images/use-compile-cache.cjs') };
}

/** Lines that Node says of its compile cache. Throws when the program fails. */
function run(args: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { PATH: process.env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE', ...env },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`${args} ended with ${status}: ${stderr.slice(-2000)}`);
  return `${stdout}\n${stderr}`.split('\n');
}

function fill({ folder, program }: { folder: string; program: string }): void {
  const cache = join(folder, 'made');
  run([program], { NODE_COMPILE_CACHE: cache });
  const [tag = ''] = readdirSync(cache);
  mkdirSync(join(folder, 'compile-cache'));
  for (const name of readdirSync(join(cache, tag))) {
    copyFileSync(join(cache, tag, name), join(folder, 'compile-cache', name));
  }
}

test('a process reads the cache of its image, whatever user and processor it was made by', (t) => {
  const image = imageOf(t);
  fill(image);
  // Nothing in its folder says who made it: Node, asked for that folder, would find none.
  const before = readdirSync(join(image.folder, 'compile-cache'));
  const lines = run([image.program], { NODE_OPTIONS: `--require=${image.preload}` });
  t.true(lines.includes('done'));
  t.is(lines.filter((line) => /retrieving transpile cache for .*program\.ts\.\.\.success/.test(line)).length, 1);
  t.is(lines.filter((line) => /program\.ts was accepted/.test(line)).length, 1);
  t.deepEqual(readdirSync(join(image.folder, 'compile-cache')), before);
  const [, link = ''] =
    lines.map((line) => /reading cache from (\S+)/.exec(line)).find((found) => found !== null) ?? [];
  t.regex(link, /kvstore-compile-cache-/);
  t.false(existsSync(dirname(dirname(link))), 'it leaves nothing behind');
});

test('a program does its work without the cache: when there is none, it is empty, damaged, or switched off', (t) => {
  const image = imageOf(t);
  const NODE_OPTIONS = `--require=${image.preload}`;
  const isDone = (env: Readonly<Record<string, string>> = {}) =>
    t.true(run([image.program], { NODE_OPTIONS, ...env }).includes('done'));
  isDone();
  mkdirSync(join(image.folder, 'compile-cache'));
  isDone();
  fill({ ...image, folder: temporaryFolder(t) });
  const chosen = join(image.folder, 'chosen');
  isDone({ NODE_COMPILE_CACHE: chosen });
  t.is(readdirSync(chosen).length, 1);
  for (const name of readdirSync(join(chosen, readdirSync(chosen)[0] ?? ''))) {
    writeFileSync(join(image.folder, 'compile-cache', name), 'damaged');
  }
  isDone();
  isDone({ NODE_DISABLE_COMPILE_CACHE: '1' });
});

/** A worker that reports once it runs, and then goes on for ever. */
const code = "require('node:worker_threads').parentPort.postMessage(0); setInterval(() => {}, 1000)";
const ends = {
  'is terminated': 'function end() { this.terminate(); }',
  'runs at process.exit()': 'function end() { process.exit(); }',
};

for (const [what, end] of Object.entries(ends)) {
  test(`a worker that ${what} leaves no folder behind`, (t) => {
    const image = imageOf(t);
    fill(image);
    // The preload finds no other place: what is left would be here, and not among folders of other processes.
    const places = join(image.folder, 'places');
    mkdirSync(places);
    writeFileSync(image.preload, readFileSync(image.preload, 'utf8').replace("'/dev/shm', ", ''));
    writeFileSync(
      image.program,
      `import { Worker } from 'node:worker_threads';\n${end}\nnew Worker(${JSON.stringify(code)}, { eval: true }).once('message', end);\nconsole.log('done');\n`,
    );
    const lines = run([image.program], { NODE_OPTIONS: `--require=${image.preload}`, TMPDIR: places });
    t.true(lines.includes('done'));
    t.true(
      lines.some((line) => line.includes(`reading cache from ${places}`)),
      'the main thread has its cache',
    );
    t.deepEqual(readdirSync(places), []);
  });
}

const programs = [
  [
    'service',
    'service/src/main.ts',
    ['service/src/service.ts', 'service/src/operations/get.ts', 'koa/lib/application.js'],
  ],
  ['operator', 'operator/src/main.ts', ['operator/src/operator.ts', 'operator/src/kube/kube-client.ts']],
] as const;

for (const [part, program, files] of programs) {
  test.serial(`the cache of the ${part} has what its programs load`, async (t) => {
    const folder = join(temporaryFolder(t), 'compile-cache');
    t.true((await makeCompileCache(part, folder)) > 500);
    t.is(statSync(folder).mode & 0o777, 0o755);
    for (const name of readdirSync(folder)) t.is(statSync(join(folder, name)).mode & 0o777, 0o644);
    const image = join(folder, '..');
    mkdirSync(join(image, 'images'));
    copyFileSync(preload, join(image, 'images/use-compile-cache.cjs'));
    // Loads all that the program imports, and ends.
    const load = `await import(${JSON.stringify(join(root, program.replace('main.ts', `${part}.ts`)))}); process.exit(0);`;
    const NODE_OPTIONS = `--require=${join(image, 'images/use-compile-cache.cjs')}`;
    const lines = run(['--input-type=module', '--eval', load], { NODE_OPTIONS });
    const of = (pattern: RegExp) =>
      lines.filter((line) => !line.includes('[eval')).flatMap((line) => pattern.exec(line)?.[1] ?? []);
    const accepted = of(/^\[compile cache\] V8 code cache for \w+ (\S+) was accepted/);
    for (const file of files)
      t.true(
        accepted.some((path) => path.endsWith(file)),
        file,
      );
    t.deepEqual(of(/^\[compile cache\] V8 code cache for \w+ (\S+) was (?:rejected|not initialized)/), []);
    t.deepEqual(of(/^\[compile cache\] no transpile cache for \w+ (\S+)/), []);
  });
}
