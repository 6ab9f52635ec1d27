import { readFile } from 'node:fs/promises';
import { problems } from '@kvstore/core/problem.ts';
import test from 'ava';

const api = new URL('../../../docs/api.md', import.meta.url);

test('docs/api.md lists every code with its status, and no other', async (t) => {
  const text = await readFile(api, 'utf8');
  const section = text.slice(text.indexOf('\n## Errors'));
  const rows = [...section.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) +\| [^|]+ \| [^|]+ \|$/gm)];
  t.deepEqual(
    rows.map(([, code, status]) => [code, Number(status)]),
    Object.entries(problems).map(([code, { status }]) => [code, status]),
  );
});

test('docs/api.md names only codes that exist', async (t) => {
  const text = await readFile(api, 'utf8');
  const calls = [...text.matchAll(/^- Errors: (.*)$/gm)].flatMap(([, list = '']) => [
    ...list.matchAll(/`([a-z]+-[a-z-]+|overloaded|unavailable)`/g),
  ]);
  const limits = [...text.matchAll(/\| \d{3} `([a-z-]+)` +\|$/gm)];
  t.true(calls.length > 10 && limits.length > 5);
  for (const [, code = ''] of [...calls, ...limits]) t.true(code in problems, code);
});
