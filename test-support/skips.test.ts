import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { programsOf } from './skips.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** An import of what starts an etcd. */
const starter = /from '.*\/(etcd-cluster|fake-cluster|certified-etcd)\.ts'/;

test('whatever starts an etcd of its own is left out where there is none', async (t) => {
  let found = 0;
  for await (const file of glob('{service,operator,cli,dashboards}/test/**/*.test.ts', { cwd: root })) {
    if (!starter.test(await readFile(`${root}/${file}`, 'utf8'))) continue;
    found++;
    t.true(programsOf(file).includes('etcd'), `${file} is not named in skips.ts`);
  }
  t.true(found > 10);
});
