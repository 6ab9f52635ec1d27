/** The program of docs/api.md that follows a key without an event stream. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { call, get, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('the program of docs/api.md prints each value that it waited for', async (t, kind) => {
  const service = await startService(t, kind);
  const page = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const [, program = ''] = /^```js\n(\/\/ Prints each new value[\s\S]*?)^```$/m.exec(page) ?? [];
  t.not(program, '');
  const file = join(temporaryFolder(t), 'follow.mjs');
  await writeFile(file, program);
  const url = `http://127.0.0.1:${service.port}`;
  const child = spawn(execPath, [file, url, 'a/b'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  let expected = '';
  const prints = async (line: string) => {
    expected += `${line}\n`;
    await waitFor(`it prints ${line}`, () => printed === expected);
  };
  for (let i = 0; i < 3; i++) {
    await set(service, { other: i, 'a/b': i });
    await prints(String(i));
  }
  await call(service, '/get/a%2Fb', { method: 'DELETE' });
  await prints('gone');
  await set(service, { 'a/b': 'again' });
  await prints('"again"');
  t.is((await get(service, 'a/b')).status, 200);
});
