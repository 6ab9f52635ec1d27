import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { programsOf } from './skips.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** An import of what starts a program. */
const starters = {
  etcd: /from '.*\/(etcd-cluster|fake-cluster|certified-etcd)\.ts'/,
  'kube-apiserver': /from '.*\/(support\/cluster|kube-apiserver)\.ts'/,
} as const;

for (const program of ['etcd', 'kube-apiserver'] as const) {
  test(`whatever starts ${program} is left out where there is none`, async (t) => {
    const unnamed: string[] = [];
    let found = 0;
    for await (const file of glob('{service,operator,cli,dashboards}/test/**/*.test.ts', { cwd: root })) {
      if (!starters[program].test(await readFile(`${root}/${file}`, 'utf8'))) continue;
      found++;
      if (!programsOf(file).includes(program)) unnamed.push(file);
    }
    t.deepEqual(unnamed, [], 'named in skips.ts');
    t.true(found > 10);
  });
}
