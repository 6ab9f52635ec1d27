import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { checkMappable } from '../../../src/store/files/mappable.ts';

/** What SQLite says on a file system without shared mappings: such a one cannot be mounted everywhere. */
function fails(errcode: number): (file: string) => void {
  return (file) => {
    writeFileSync(`${file}-shm`, '');
    throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode });
  };
}

test('a folder whose files cannot be mapped is refused, with what to do', (t) => {
  const folder = temporaryFolder(t);
  t.throws(() => checkMappable(folder, fails(5386)), { message: /cannot map files into memory.*local file system/ });
  t.deepEqual(readdirSync(folder), []);
});

test('a usual folder is taken, also what a killed process left; nothing stays', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'mapping.probe'), 'half');
  writeFileSync(join(folder, 'mapping.probe-wal'), 'half');
  checkMappable(folder);
  t.deepEqual(readdirSync(folder), []);
});

test('what else fails, such as a full disk, is no matter of it', (t) => {
  const folder = temporaryFolder(t);
  for (const errcode of [13, 778, 14]) t.notThrows(() => checkMappable(folder, fails(errcode)));
});
