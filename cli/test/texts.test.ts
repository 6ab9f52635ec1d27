/** Texts from standard input, arguments and files: byte for byte, or refused. Never mangled. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { checkArguments } from '../src/texts.ts';
import { runCli } from './support/in-process.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const broken = {
  'one byte of Latin-1': [0x63, 0x61, 0x66, 0xe9],
  'binary data': [0x00, 0xff, 0xfe, 0x80],
  'a character that is cut': [0x61, 0xe2, 0x82],
  'half of a pair': [0xed, 0xa0, 0x80],
  'an overlong form': [0xc0, 0xaf],
} as const;

for (const [title, bytes] of Object.entries(broken)) {
  test.serial(`${title} on standard input: exit code 2, nothing is written`, async (t) => {
    const { url } = store;
    for (const options of [['--string'], []]) {
      const input = options.length > 0 ? Uint8Array.from(bytes) : Uint8Array.from([0x22, ...bytes, 0x22]);
      const { code, stderr } = await runCli(['set', 'k', ...options], { url, input });
      t.is(code, 2);
      t.regex(stderr, /standard input is not UTF-8: nothing was written/);
    }
    t.is((await runCli(['get', 'k'], { url })).code, 3);
    const lines = Buffer.concat([Buffer.from('{"key":"k","value":"'), Uint8Array.from(bytes), Buffer.from('"}\n')]);
    const file = join(temporaryFolder(t), 'in.jsonl');
    writeFileSync(file, lines);
    for (const args of [['import', file], ['import']]) {
      const imported = await runCli(args, { url, input: lines });
      t.is(imported.code, 1);
      t.regex(imported.stderr, /line 1: (not UTF-8|not a JSON object)/);
    }
    t.is((await runCli(['get', 'k'], { url })).code, 3);
  });

  test.serial(`${title} in an argument: exit code 2`, (t) => {
    // What is 0 ends an argument.
    const printf = bytes.filter((byte) => byte !== 0).map((byte) => `\\x${byte.toString(16)}`);
    for (const command of [
      'get "$text"',
      'set "$text" 1',
      'set k "$text" --string',
      'delete "$text"',
      'search --prefix "$text"',
    ]) {
      const script = `text=$(printf '${printf.join('')}'); "${process.execPath}" "${main}" ${command}`;
      const env = { PATH: process.env.PATH, KV_URL: store.url };
      const { status, stderr } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
      t.is(status, 2, `${command}: ${stderr}`);
      t.regex(stderr, /an argument is not UTF-8: nothing was written/);
    }
  });
}

test.serial('a text keeps U+FEFF and U+FFFD, wherever they stand', async (t) => {
  const { url } = store;
  for (const text of ['\ufeffcafé', 'a\ufeffb', '\ufffd', '\ufeff', 'two\r\nlines\n', '']) {
    t.is((await runCli(['set', 'k', '--string'], { url, input: text })).code, 0);
    t.is((await runCli(['get', 'k'], { url })).stdout, `${JSON.stringify(text)}\n`);
    if (text === '') continue;
    t.is((await runCli(['set', text, '1'], { url })).code, 0);
    t.is((await runCli(['get', text], { url })).stdout, '1\n');
  }
  t.notThrows(() => checkArguments(['\ufffd']), 'a command line of the system that is UTF-8');
});

test.serial('a byte order mark in front of JSON is none of its value; an empty input is none', async (t) => {
  const { url } = store;
  t.is((await runCli(['set', 'k'], { url, input: '\ufeff{"a":1.0}\r\n' })).code, 0);
  t.is((await runCli(['get', 'k'], { url })).stdout, '{"a":1.0}\n');
  t.is((await runCli(['set', 'k'], { url, input: '' })).code, 2);
  const lines = '\ufeff{"key":"bom","value":"\ufeffx"}\n';
  t.is((await runCli(['import'], { url, input: lines })).code, 0);
  t.is((await runCli(['get', 'bom'], { url })).stdout, '"\ufeffx"\n');
});

test.serial('a person at a terminal learns that a value is waited for', async (t) => {
  const { url } = store;
  for (const args of [['set', 'k'], ['import'], ['import', '-']]) {
    const input = args[0] === 'set' ? '1' : '{"key":"k","value":1}\n';
    const typed = await runCli(args, { url, input, typed: true });
    t.is(typed.code, 0, typed.stderr);
    t.regex(typed.stderr, /reading from the terminal; end with Ctrl\+D/);
    t.notRegex((await runCli(args, { url, input })).stderr, /terminal/);
  }
});

test.serial('--ttl takes what the API takes, and names the same limit', async (t) => {
  const { url } = store;
  const longest = 315_360_000;
  t.is((await runCli(['set', 'k', '1', '--ttl', String(longest)], { url })).code, 0);
  const { code, stderr } = await runCli(['set', 'k', '1', '--ttl', String(longest + 1)], { url });
  t.is(code, 2);
  t.regex(stderr, /from 1 to 315360000/);
  const answer = await fetch(`${url}/set?ttl=${longest + 1}`, { method: 'POST', body: '{"a":1}' });
  t.regex(((await answer.json()) as { detail: string }).detail, /from 1 to 315360000/);
  // Exported by a machine whose clock is ahead.
  const line = `{"key":"far","value":1,"expires":${Date.now() + (longest + 60) * 1000}}\n`;
  t.like(await runCli(['import'], { url, input: line }), { code: 0 });
});

test.serial('a token that no header can hold is refused before anything is sent', async (t) => {
  const { url } = store;
  const file = join(temporaryFolder(t), 'token');
  for (const content of ['', 'two words', 'caf\u00e9', 'a\nb']) {
    writeFileSync(file, content);
    const { code, stderr } = await runCli(['get', 'k', '--token-file', file], { url });
    t.is(code, 2, stderr);
    t.regex(stderr, /holds no bearer token/);
  }
});

test.serial('an identity that no header can hold is refused before anything is sent', async (t) => {
  const { url } = store;
  for (const text of ['a\nb', '日本', 'café', 'two words', 'x'.repeat(254)]) {
    const option = await runCli(['get', 'k', '--identity', text], { url });
    t.is(option.code, 2, option.stderr);
    t.regex(option.stderr, /--identity is no identity: one has 1 to 253 visible ASCII characters/);
    const variable = await runCli(['get', 'k'], { url, env: { KV_EXPECT_IDENTITY: text } });
    t.is(variable.code, 2, variable.stderr);
    t.regex(variable.stderr, /KV_EXPECT_IDENTITY is no identity/);
  }
  t.is((await runCli(['get', 'k', '--identity', ''], { url })).code, 2);
  t.is((await runCli(['get', 'k'], { url, env: { KV_EXPECT_IDENTITY: '' } })).code, 3);
});

test.serial('a folder, a FIFO and a file that is not there, as the input of an import', async (t) => {
  const { url } = store;
  const folder = temporaryFolder(t);
  const given = await runCli(['import', folder], { url });
  t.is(given.code, 2);
  t.true(given.stderr.includes(`${folder} is a folder`));
  t.regex((await runCli(['import', join(folder, 'none')], { url })).stderr, /ENOENT.*none/);
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const [{ code }] = await Promise.all([
    runCli(['import', fifo], { url }),
    writeFile(fifo, '{"key":"from a FIFO","value":1}\n'),
  ]);
  t.is(code, 0);
  t.is((await runCli(['get', 'from a FIFO'], { url })).stdout, '1\n');
});
