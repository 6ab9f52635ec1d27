import { glob } from 'node:fs/promises';
import { matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { longTests } from './long-tests.ts';
import { skips } from './skips.ts';
import { testFiles } from './test-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function files(patterns: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(patterns, { cwd: root, exclude: ['**/node_modules/**'] })) found.push(file);
  return found.toSorted();
}

/** As ava takes them. */
function taken(patterns: readonly string[], file: string): boolean {
  const isOut = patterns.some((pattern) => pattern.startsWith('!') && matchesGlob(file, pattern.slice(1)));
  return !isOut && patterns.some((pattern) => matchesGlob(file, pattern));
}

test('every test file is in one of the two runs, but for what lacks a program', async (t) => {
  const all = (await files(['**/*.test.ts'])).filter((file) => !file.startsWith('e2e/'));
  const [short, long] = [testFiles('short'), testFiles('long')];
  const missing = skips();
  t.true(all.length > 200);
  for (const file of all) {
    const runs = Number(taken(short, file)) + Number(taken(long, file));
    const lacks = missing.some((skip) => matchesGlob(file, skip.files));
    t.is(runs, lacks ? 0 : 1, file);
  }
});

test('every long test that is named is there', async (t) => {
  for (const pattern of longTests) t.true((await files([pattern])).length > 0, pattern);
});
