import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { librariesOf, makeRoot } from '../root-files.ts';

/** A program that every Linux with glibc has and that is smaller than Node. */
const program = '/bin/ls';

test('the root has the program with all that it loads, and no shell', (t) => {
  const root = temporaryFolder(t);
  makeRoot(root, [program]);
  t.true(existsSync(join(root, program)));
  const libraries = librariesOf(program);
  t.true(
    libraries.some((path) => path.includes('libc.so')) && libraries.some((path) => /\/ld-/.test(path)),
    libraries.join(),
  );
  for (const path of libraries) t.deepEqual(readFileSync(join(root, path)), readFileSync(path), path);
  t.false(existsSync(join(root, 'bin/sh')));
  t.is(statSync(join(root, 'tmp')).mode & 0o7777, 0o1777);
  t.regex(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^node:x:1000:1000:/m);
});

const canChangeRoot = process.getuid?.() === 0;

(canChangeRoot ? test : test.skip)('a program runs in it (needs root)', (t) => {
  const root = temporaryFolder(t);
  makeRoot(root, [program]);
  const printed = execFileSync('chroot', [root, program, '/'], { encoding: 'utf8' });
  t.true(printed.split('\n').includes('tmp'));
});
