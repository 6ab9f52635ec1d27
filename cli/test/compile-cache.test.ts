/** The compile cache of the command line: that it is used, and where it is not. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { userCaches } from '../src/compile-cache.js';

const program = fileURLToPath(new URL('../src/kvstore-cli.js', import.meta.url));

/** What Node says of its compile cache, a line each. Throws when the program does not print its version. */
function run(env: Readonly<Record<string, string>>): readonly string[] {
  const { stdout, stderr } = spawnSync(process.execPath, [program, '--version'], {
    env: { PATH: process.env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE', ...env },
    encoding: 'utf8',
    maxBuffer: 16 << 20,
  });
  if (!/^\d+\.\d+\.\d+$/m.test(stdout)) throw new Error(`There is no version: ${stdout} ${stderr}`);
  return `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('[compile cache]'));
}

/** Lines that say of a file with types that it was read from the cache: its text without types, and what V8 compiled. */
function readFromCache(lines: readonly string[]): readonly string[] {
  return lines.filter((line) =>
    /retrieving transpile cache for .*program\.ts\.\.\.success|program\.ts was accepted/.test(line),
  );
}

test('the second run uses what the first one compiled, with the types taken off', (t) => {
  const caches = temporaryFolder(t);
  const env = { XDG_CACHE_HOME: caches };
  t.deepEqual(readFromCache(run(env)), []);
  t.is(statSync(join(caches, 'kvstore-cli')).mode & 0o777, 0o700);
  t.is(readFromCache(run(env)).length, 2);
});

test('a cache that others could write to, or that cannot be written to, is not used, and all works', (t) => {
  const caches = temporaryFolder(t);
  const folder = join(caches, 'kvstore-cli');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  t.deepEqual(run({ XDG_CACHE_HOME: caches }), []);
  t.deepEqual(readdirSync(folder), []);
  const file = join(caches, 'file');
  writeFileSync(file, '');
  t.deepEqual(run({ XDG_CACHE_HOME: file }), []);
  t.deepEqual(run({ HOME: '/nowhere/at-all' }), []);
});

test('what the environment says of the compile cache goes first', (t) => {
  const caches = temporaryFolder(t);
  run({ XDG_CACHE_HOME: caches, NODE_DISABLE_COMPILE_CACHE: '1' });
  run({ XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: join(caches, 'chosen') });
  t.deepEqual(readdirSync(join(caches, 'kvstore-cli')).length, 0);
  t.is(readdirSync(join(caches, 'chosen')).length, 1);
});

test('each system has its folder for what can be made again', (t) => {
  t.is(userCaches('linux', {}, '/home/ada'), '/home/ada/.cache');
  t.is(userCaches('linux', { XDG_CACHE_HOME: 'relative' }, '/home/ada'), '/home/ada/.cache');
  t.is(userCaches('linux', { XDG_CACHE_HOME: '/fast' }, '/home/ada'), '/fast');
  t.is(userCaches('darwin', { XDG_CACHE_HOME: '/fast' }, '/Users/ada'), '/Users/ada/Library/Caches');
  t.is(userCaches('win32', { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Users\\ada'), 'C:\\Local');
});
