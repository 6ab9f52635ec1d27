import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { idle } from './idle.ts';

/** Says that it computes, and then does, for 0.3 s. */
const script = `
  const { writeSync } = require('node:fs');
  writeSync(1, 'begun');
  for (const end = Date.now() + 300; Date.now() < end; );
  writeSync(1, 'done');
  process.stdin.resume();
`;

test('a process that computes is waited for until it rests', async (t) => {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  await once(child.stdout, 'data');
  await idle([child.pid ?? 0]);
  t.is(said, 'begundone');
});
