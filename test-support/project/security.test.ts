/** SECURITY.md claims nothing without a test: each file that it names is there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(`${root}SECURITY.md`, 'utf8');

test('every test that SECURITY.md names exists, and each row of the review names one', (t) => {
  const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+\.test\.ts)`/g)].map(([, file = '']) => file);
  t.true(named.length > 20);
  for (const file of named) {
    const found = file.includes('/') ? existsSync(root + file) : findsOne(file);
    t.true(found, file);
  }
  const [, review = ''] = /## What a review found[^\n]*\n([\s\S]*?)\n## /.exec(text) ?? [];
  const rows = review.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| kind'));
  t.true(rows.length > 10);
  for (const row of rows) t.regex(row, /\.test\.ts`/, row);
});

/** A name without its folder stands for a test that is found by it. */
function findsOne(name: string): boolean {
  return globSync(`{service,cli,operator,charts,test-support}/**/${name}`, { cwd: root }).length > 0;
}
