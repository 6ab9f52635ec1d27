import { readFile } from 'node:fs/promises';
import { problems } from '@kvstore/core/problem.ts';
import test from 'ava';
import { call } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

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

/** `$ curl [-H header] [-d body] [']localhost:8080target[']`, with the line that it prints. */
const command = /^\$ curl (?:-H '([^:]+): ([^']+)' )?(?:-d '([^']+)' )?'?localhost:8080(\/[^'\n]*)'?\n(.+)$/gm;

/** Each kind of store begins with another one. */
const anyRevision = (text: string) => text.replace(/"revision":\d+/g, '"revision":N');

for (const kind of storeKinds) {
  test(`${kind.name}: the commands of docs/api.md print what it says, one after the other`, async (t) => {
    const service = await startService(t, kind);
    const text = await readFile(api, 'utf8');
    const commands = [...text.matchAll(command)];
    const withoutWatch = text.matchAll(/^\$ curl (?!-N)/gm);
    t.is(commands.length, [...withoutWatch].length, 'every command is run');
    for (const [line, name, value = '', body, target = '', printed = ''] of commands) {
      const headers = name === undefined ? {} : { headers: { [name]: value } };
      const answer = await call(service, target, { ...headers, ...(body === undefined ? {} : { body }) });
      const expected = anyRevision(printed)
        .split('…')
        .map((part) => RegExp.escape(part));
      t.regex(anyRevision(answer.text.trimEnd()), new RegExp(`^${expected.join('.*')}$`), line);
    }
  });
}
