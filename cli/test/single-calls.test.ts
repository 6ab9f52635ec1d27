/** get, set, delete and search: what they print, and how they end. */
import { fileURLToPath } from 'node:url';
import { problems } from '@kvstore/core/problem.ts';
import test from 'ava';
import { cli } from './support/cli.ts';
import { startFront } from './support/front.ts';
import { oddKeys } from './support/pairs.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
test.serial('a value comes back byte for byte, whatever the key', async (t) => {
  const { url } = store;
  const value = '{"n":101660004000155481467,"f":1.0,"e":1e400,"s":"\\u0041"}';
  for (const key of ['..', 'a/b//c', '😀?%2F']) {
    t.like(await cli(t, ['set', key, value], { url }), { code: 0, stderr: '' }, key);
    t.like(await cli(t, ['get', key], { url }), { code: 0, stdout: `${value}\n` }, key);
  }
  await fetch(`${url}/set`, {
    method: 'POST',
    body: `{${oddKeys.map((key) => `${JSON.stringify(key)}:1`).join(',')}}`,
  });
  const { stdout } = await cli(t, ['search', '--prefix', '', '--json'], { url });
  const keys = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(keys.sort(), [...oddKeys, '😀?%2F'].sort());
});

test.serial('a name that has an IPv6 address first, where nothing listens, is reached at its other one', async (t) => {
  const url = store.url.replace('127.0.0.1', 'localhost');
  const preload = fileURLToPath(new URL('../../test-support/network/two-families.ts', import.meta.url));
  const env = { NODE_OPTIONS: `--import=${preload}` };
  t.like(await cli(t, ['set', 'a', '1'], { url, env }), { code: 0, stderr: '' });
  t.like(await cli(t, ['get', 'a'], { url, env }), { code: 0, stdout: '1\n' });
});

test.serial('set reads standard input, takes texts, and prints the version', async (t) => {
  const { url } = store;
  const { stdout: first } = await cli(t, ['set', 'a'], { url, input: ' [1.0] \n' });
  t.regex(first, /^[0-9a-z]{8}-\d+\n$/);
  const [timeline = '', before] = first.split('-');
  const revision = Number(before) + 1;
  t.is((await cli(t, ['set', 'b', 'plain "text"', '--string'], { url })).stdout, `${timeline}-${revision}\n`);
  const known = `"revision":${revision},"version":"${timeline}-${revision}"`;
  const line = `{"key":"b","value":"plain \\"text\\"",${known}}\n`;
  t.is((await cli(t, ['get', 'b', '--json'], { url })).stdout, line);
});

test.serial('conditions: exit code 4, and nothing is written', async (t) => {
  const { url } = store;
  const first = (await cli(t, ['set', 'a', '1'], { url })).stdout.trimEnd();
  t.is((await cli(t, ['set', 'a', '2', '--if-absent'], { url })).code, 4);
  const other = first.replace(/^.{8}/, 'otherone');
  t.is((await cli(t, ['set', 'a', '2', '--if-match', other], { url })).code, 4);
  t.is((await cli(t, ['delete', 'a', '--if-match', other], { url })).code, 4);
  const unclear = await cli(t, ['set', 'a', '2', '--if-match', '7'], { url });
  t.is(unclear.code, 2);
  t.regex(unclear.stderr, /"7" is no version; a version is what `set` and `get --json` print/);
  t.is((await cli(t, ['get', 'a'], { url })).stdout, '1\n');
  const second = await cli(t, ['set', 'a', '2', '--if-match', first], { url });
  t.is(second.code, 0);
  t.is((await cli(t, ['delete', 'a', '--if-match', second.stdout.trimEnd()], { url })).code, 0);
  t.is((await cli(t, ['get', 'a'], { url })).code, 3);
});

test.serial('delete prints how many there were, and ttl ends a pair', async (t) => {
  const { url } = store;
  await fetch(`${url}/set`, { method: 'POST', body: '{"..":1,"a/b":2,"stays":3}' });
  t.like(await cli(t, ['delete', 'none', '..', 'a/b'], { url }), { code: 0, stdout: '2\n' });
  t.is((await cli(t, ['delete', 'stays'], { url })).stdout, '1\n');
  t.is((await cli(t, ['set', 'short', '1', '--ttl', '3600'], { url })).code, 0);
  t.regex((await cli(t, ['export'], { url })).stdout, /^{"key":"short","value":1,"revision":\d+,"expires":\d{13}}\n$/);
});

test.serial('search goes through all pages, and stops at its limit', async (t) => {
  const { url } = store;
  const pairs = Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`k${String(i).padStart(4, '0')}-x`, i]));
  await fetch(`${url}/set`, { method: 'POST', body: JSON.stringify(pairs) });
  const keys = (await cli(t, ['search', '--suffix', '-x'], { url })).stdout;
  t.is(
    keys,
    Object.keys(pairs)
      .map((key) => `${key}\n`)
      .join(''),
  );
  t.is((await cli(t, ['search', '--prefix', 'k1', '--limit', '3'], { url })).stdout, 'k1000-x\nk1001-x\nk1002-x\n');
  t.is((await cli(t, ['search', '--prefix', 'k0007', '--values'], { url })).stdout, '{"key":"k0007-x","value":7}\n');
});

test.serial('search by what keys contain, folded, and in reverse', async (t) => {
  const { url } = store;
  // As deep as values may be: in an answer that is folded they are one level further in.
  const deep = `${'['.repeat(127)}${']'.repeat(127)}`;
  await fetch(`${url}/set`, { method: 'POST', body: `{"f/1":1,"f/2/x":2,"f/2/y":3,"f/\\n":${deep},"f2":4}` });
  const search = async (...args: string[]) => (await cli(t, ['search', ...args], { url })).stdout;
  t.is(await search('--prefix', 'f', '--delimiter', '/'), 'f/\nf2\n');
  t.is(await search('--prefix', 'f/', '--delimiter', '/', '--json'), '"f/\\n"\n"f/1"\n"f/2/"\n');
  t.is(await search('--prefix', 'f/', '--delimiter', '/', '--reverse', '--limit', '2'), 'f/2/\nf/1\n');
  t.is(
    await search('--prefix', 'f/', '--delimiter', '/', '--values'),
    `{"key":"f/\\n","value":${deep}}\n{"key":"f/1","value":1}\n{"prefix":"f/2/"}\n`,
  );
  t.is(await search('--contains', '/2/'), 'f/2/x\nf/2/y\n');
  t.is(await search('--prefix', 'f/', '--suffix', 'y'), 'f/2/y\n');
  t.is(await search('--prefix', 'f/2', '--reverse'), 'f/2/y\nf/2/x\n');
});

test.serial('a folded search goes through all pages, in both directions', async (t) => {
  const { url } = store;
  const keys = Array.from({ length: 2500 }, (_, i) => `g${String(i).padStart(4, '0')}${i % 2 === 0 ? '' : '/x'}`);
  await fetch(`${url}/set`, { method: 'POST', body: JSON.stringify(Object.fromEntries(keys.map((key) => [key, 0]))) });
  const lines = keys.map((key) => `${key.replace('/x', '/')}\n`);
  const args = ['search', '--prefix', 'g', '--delimiter', '/'];
  t.is((await cli(t, args, { url })).stdout, lines.join(''));
  t.is((await cli(t, [...args, '--reverse'], { url })).stdout, lines.toReversed().join(''));
});

const wrong: readonly (readonly string[])[] = [
  [],
  ['get'],
  ['nonsense'],
  ['get', 'a', '--nonsense'],
  ['set', 'a', 'not JSON'],
  ['set', 'a', '1', '--ttl', '0'],
  ['search'],
  ['search', '--reverse'],
  ['get', 'a', '--url', 'ftp://x'],
  ['backup', '/tmp'],
  ['export', '--resume'],
  ['get', 'a', '--token-file', '/nonexistent/token'],
];
for (const args of wrong) {
  test.serial(`exit code 2: ${args.join(' ') || 'nothing'}`, async (t) => {
    const { code, stdout, stderr } = await cli(t, args);
    t.is(code, 2);
    t.is(stdout, '');
    t.not(stderr, '');
  });
}

test.serial('each command has a help', async (t) => {
  const { stdout: all } = await cli(t, ['--help']);
  for (const command of ['get', 'set', 'delete', 'search', 'watch', 'export', 'import', 'backup', 'restore']) {
    t.regex(all, new RegExp(`^  ${command} `, 'm'));
    const { code, stdout } = await cli(t, [command, '--help']);
    t.is(code, 0);
    t.regex(stdout, new RegExp(`^Usage: kvstore-cli ${command} .*--token-file`, 's'));
  }
});

test.serial('a store that cannot be reached: exit code 6, once the time is up', async (t) => {
  t.is((await cli(t, ['get', 'a', '--retry-for', '0'])).code, 6);
});

test.serial('a read is tried again; a write only when nothing was written', async (t) => {
  const { url } = store;
  const front = await startFront(t, url);
  let answers = ['overloaded', 'unavailable'];
  front.act = () => {
    const code = answers.pop();
    return code === undefined ? 'pass' : { status: 503, code, headers: { 'Retry-After': '0' } };
  };
  t.is((await cli(t, ['set', 'a', '1'], { url: front.url })).code, 0);
  answers = ['outcome-unknown', 'outcome-unknown'];
  t.is((await cli(t, ['get', 'a'], { url: front.url })).stdout, '1\n');
  answers = ['outcome-unknown'];
  t.is((await cli(t, ['set', 'a', '2'], { url: front.url })).code, 6);
  t.is((await cli(t, ['get', 'a'], { url })).stdout, '1\n');
});

test.serial('the token is shown to the store, and a refusal has an exit code', async (t) => {
  const front = await startFront(t, 'http://127.0.0.1:1');
  const shown: (string | undefined)[] = [];
  front.act = ({ headers }) => {
    shown.push(headers.authorization);
    return { status: 401, code: 'unauthorized' };
  };
  t.is((await cli(t, ['get', 'a', '--token', 'secret'], { url: front.url })).code, 5);
  t.is((await cli(t, ['get', 'a'], { url: front.url })).code, 5);
  t.deepEqual(shown, ['Bearer secret', undefined]);
});

test.serial('a path in the URL goes before every call', async (t) => {
  const front = await startFront(t, 'http://127.0.0.1:1');
  front.act = () => ({ status: 404, code: 'key-not-found' });
  t.is((await cli(t, ['get', '..', '--url', `${front.url}/store/`])).code, 3);
  t.deepEqual(front.seen, ['POST /store/get']);
});

test.serial('incr adds to a key, exactly, and says why it cannot', async (t) => {
  const { url } = store;
  t.like(await cli(t, ['incr', 'n'], { url }), { code: 0, stdout: '1\n', stderr: '' });
  t.is((await cli(t, ['incr', 'n', '9007199254740993'], { url })).stdout, '9007199254740994\n');
  t.is((await cli(t, ['incr', 'n', '-4'], { url })).stdout, '9007199254740990\n');
  t.is((await cli(t, ['incr', 'a:1}', '2'], { url })).stdout, '2\n');
  t.is((await cli(t, ['incr', 'n', '1.5'], { url })).code, 2);
  await cli(t, ['set', 'n', '"text"'], { url });
  const refused = await cli(t, ['incr', 'n'], { url });
  t.is(refused.code, 1);
  t.regex(refused.stderr, /409 not-an-integer: The value of "n"/);
});

test.serial('transaction takes its JSON from standard input; a condition that fails is exit code 4', async (t) => {
  const { url } = store;
  const input = '{"if":{"order":null},"set":{"order":{"n":1.0}},"delete":["cart"]}';
  t.like(await cli(t, ['transaction'], { url, input }), { code: 0, stdout: '{"set":1,"deleted":0}\n', stderr: '' });
  const again = await cli(t, ['transaction'], { url, input });
  t.is(again.code, 4);
  t.regex(again.stderr, /412 precondition-failed: The condition of "order" does not hold/);
  t.is((await cli(t, ['get', 'order'], { url })).stdout, '{"n":1.0}\n');
  t.is((await cli(t, ['transaction'], { url, input: '{"sett":{}}' })).code, 1);
});

test.serial('a transaction that fails prints every failed key with its version, to decide anew from', async (t) => {
  const { url } = store;
  // More of them, and longer ones, than a message has room for.
  const keys = Array.from({ length: 40 }, (_, i) => `tx-${i}-${'k'.repeat(900)}`);
  const input = JSON.stringify({ if: Object.fromEntries(keys.map((key) => [key, '*'])), set: { 'tx-done': 1 } });
  const missing = await cli(t, ['transaction'], { url, input });
  t.is(missing.code, 4);
  t.deepEqual(JSON.parse(missing.stdout), { failed: Object.fromEntries(keys.map((key) => [key, null])) });
  t.regex(missing.stderr, /^kvstore-cli: 412 precondition-failed: .*, 37 more do not hold/);
  t.is(missing.stderr.trimEnd().split('\n').length, 1);
  const version = (await cli(t, ['set', 'tx-held', '1'], { url })).stdout.trim();
  const ifAbsent = '{"if":{"tx-held":null},"set":{"tx-held":2}}';
  const failed = JSON.parse((await cli(t, ['transaction'], { url, input: ifAbsent })).stdout);
  t.deepEqual(failed, { failed: { 'tx-held': version } });
  const anew = JSON.stringify({ if: failed.failed, set: { 'tx-held': 2 } });
  t.like(await cli(t, ['transaction'], { url, input: anew }), { code: 0, stdout: '{"set":1,"deleted":0}\n' });
});

test.serial('an error has a second line with what to do, unless that is said already', async (t) => {
  const { url } = store;
  const lines = async (args: string[], input = '') => (await cli(t, args, { url, input })).stderr.trimEnd().split('\n');
  await cli(t, ['set', 'no-number', '"text"'], { url });
  const [what, action, ...more] = await lines(['incr', 'no-number']);
  t.regex(what ?? '', /409 not-an-integer/);
  t.is(action, `kvstore-cli: ${problems['not-an-integer'].action}`);
  t.deepEqual(more, []);
  t.is((await lines(['get', 'tx-never'])).length, 1);
  t.is((await lines(['set', 'no-number', '1', '--if-absent'])).length, 1);
});
