/** SECURITY.md claims nothing without a test: each row of its tables names one that is there, or the part that does. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from './project-files.ts';

/** What is wrong with what a text says of tests: names that are no path to one, and rows of tables without any. */
function faultsIn(text: string): string[] {
  const names = [...text.matchAll(/`([^`\s]*\.test\.ts)`/g)].map(([, name = '']) => name);
  const missing = names.filter((name) => !name.includes('/') || !existsSync(join(root, name)));
  return [...missing.map((name) => `${name} is no path to a test`), ...claims(text).flatMap(faultOf)];
}

/** The rows of all tables, but for the dates that people keep. */
function claims(text: string): string[][] {
  const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
  return tables
    .filter((table) => !table.startsWith('| within | you get |'))
    .flatMap((table) => table.trimEnd().split('\n').slice(2))
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function faultOf(cells: readonly string[]): string[] {
  const proof = cells.at(-1) ?? '';
  const faults = [];
  if (!/`[^`]+\.test\.ts`|\]\(#[\w-]+\)/.test(proof)) faults.push(`"${cells[0]}" names no test`);
  if (cells.some((cell) => cell.length > 600))
    faults.push(`"${cells[0]}" has a cell that is too long to read: make two rows of it`);
  return faults;
}

test('every row of SECURITY.md names its tests, by whole paths that exist, or the part that does', (t) => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  t.deepEqual(faultsIn(text), []);
  t.true(claims(text).length > 50);
});

test('a bare name, a path to nothing, a row without a test and a cell that is too long are found', (t) => {
  const own = '`test-support/project/security.test.ts`';
  const text = [
    '| within | you get |\n|---|---|\n| 3 days | an answer |\n',
    `| who | tests |\n|---|---|\n| a | ${own} |\n| b | [below](#below) |\n| c | none |\n| ${own} | d |\n`,
    `| kind | tests |\n|---|---|\n| ${'e'.repeat(601)} | ${own} |\n`,
    '`security.test.ts` and `nowhere/gone.test.ts`',
  ].join('\n');
  t.deepEqual(
    faultsIn(text).map((fault) => fault.slice(0, 50)),
    [
      'security.test.ts is no path to a test',
      'nowhere/gone.test.ts is no path to a test',
      '"c" names no test',
      `"${own}" names no test`.slice(0, 50),
      `"${'e'.repeat(49)}`,
    ],
  );
});
