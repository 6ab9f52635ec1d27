import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectFiles, root } from '../project/project-files.ts';
import { programsOf } from './skips.ts';

/** By program: an import of what starts it, and how many test files have one at least. */
const starters = {
  etcd: { imports: /from '.*\/(etcd-cluster|fake-cluster|certified-etcd)\.ts'/, least: 11 },
  'kube-apiserver': { imports: /from '.*\/(support\/cluster|kube-apiserver)\.ts'/, least: 11 },
  openssl: { imports: /from '.*\/certificates\.ts'/, least: 4 },
} as const;

for (const program of ['etcd', 'kube-apiserver', 'openssl'] as const) {
  test(`whatever starts ${program} is left out where there is none`, (t) => {
    const { imports, least } = starters[program];
    const starting = projectFiles('**/*.test.ts', ['e2e']).filter((file) =>
      imports.test(readFileSync(join(root, file), 'utf8')),
    );
    const unnamed = starting.filter((file) => !programsOf(file).includes(program));
    t.deepEqual(unnamed, [], 'named in skips.ts');
    t.true(starting.length >= least);
  });
}
