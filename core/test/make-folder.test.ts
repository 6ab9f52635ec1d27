import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { makeFolder } from '../src/make-folder.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('a folder is made with those above it, and what is there stays', (t) => {
  const top = temporaryFolder(t);
  mkdirSync(join(top, 'there'), { mode: 0o755 });
  makeFolder(join(top, 'there', 'a', 'b'), 0o700);
  makeFolder(join(top, 'there', 'a', 'b'), 0o755);
  t.deepEqual(
    ['there', 'there/a', 'there/a/b'].map((path) => modeOf(join(top, path))),
    ['755', '700', '700'],
  );
});

test('where none can be made it is an error, not an endless try', (t) => {
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  t.throws(() => makeFolder(file, 0o700), { code: 'ENOTDIR' });
  t.throws(() => makeFolder(join(file, 'below'), 0o700), { code: 'ENOTDIR' });
  if (process.platform === 'linux') t.throws(() => makeFolder('/proc/kvstore', 0o700), { code: 'ENOENT' });
});
