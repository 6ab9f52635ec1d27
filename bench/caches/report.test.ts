import { readFile } from 'node:fs/promises';
import test from 'ava';
import { page } from './report.ts';

const folder = new URL('../../docs/performance/', import.meta.url);

test('docs/performance/caches.md is what caches.json says', async (t) => {
  const measured = JSON.parse(await readFile(new URL('caches.json', folder), 'utf8'));
  t.is(await readFile(new URL('caches.md', folder), 'utf8'), page(measured));
});
