/** get with several keys, and with --wait. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { cli, startCli } from './support/cli.ts';
import { startFront } from './support/front.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
const write = (body: string) => fetch(`${store.url}/set`, { method: 'POST', body });
const waiting = async () =>
  /^kvstore_waiting_reads (\d+)$/m.exec(await (await fetch(`${store.url}/metrics`)).text())?.[1];
const waits = (count: number) => waitFor(`${count} reads wait`, async () => (await waiting()) === String(count));

test.serial('several keys: a line each, in their order, byte for byte', async (t) => {
  const { url } = store;
  await write('{"..":1.0,"a//b":"\\u0041","é😀%2F":{"x":[1e400]},"c":101660004000155481467}');
  const keys = ['c', '..', 'é😀%2F', 'a//b', 'c'];
  const lines = [
    '{"key":"c","value":101660004000155481467}',
    '{"key":"..","value":1.0}',
    '{"key":"é😀%2F","value":{"x":[1e400]}}',
    '{"key":"a//b","value":"\\u0041"}',
  ];
  t.deepEqual(await cli(t, ['get', ...keys], { url }), { code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
  const { stdout } = await cli(t, ['get', 'c', '..', '--json', '--stale'], { url });
  const { version } = JSON.parse((await cli(t, ['get', 'c', '--json'], { url })).stdout);
  const [, revision] = version.split('-');
  const known = `"revision":${revision},"version":"${version}"`;
  t.is(stdout, `{"key":"c","value":101660004000155481467,${known}}\n{"key":"..","value":1.0,${known}}\n`);
});

test.serial('several keys, of which some are missing: exit code 3, and the others are printed', async (t) => {
  const { url } = store;
  await write('{"a":1,"b":2}');
  const some = await cli(t, ['get', 'a', 'no\u001b', 'b'], { url });
  t.like(some, { code: 3, stdout: '{"key":"a","value":1}\n{"key":"b","value":2}\n' });
  t.regex(some.stderr, /the store has no such key: "no\\u001b"\n/);
  const none = await cli(t, ['get', ...Array.from({ length: 12 }, (_, i) => `n${i}`)], { url });
  t.like(none, { code: 3, stdout: '' });
  t.regex(none.stderr, /"n0", .*"n9" and 2 more\n/);
});

test.serial('what get cannot do is wrong use', async (t) => {
  const { url } = store;
  for (const [args, message] of [
    [[], /missing required argument/],
    [['a', ''], /key/],
    [['a', 'b', '--wait', '1'], /one key/],
    [['a', '--newer-than', 'k3f9a2xq-7'], /goes with --wait/],
    [['a', '--wait', 'x'], /whole number/],
    [['a', '--wait', '1', '--newer-than', '7'], /no version/],
    [['a/../b', '--wait', '1'], /proxies change/],
    [['50%', '--wait', '1'], /proxies change/],
  ] as const) {
    const { code, stderr, stdout } = await cli(t, ['get', ...args], { url });
    t.deepEqual([code, stdout], [2, ''], args.join(' '));
    t.regex(stderr, message);
  }
});

test.serial('several keys are asked for again after a 503', async (t) => {
  await write('{"a":1,"b":2}');
  const front = await startFront(t, store.url);
  front.act = () => (front.seen.length === 1 ? { status: 503, code: 'overloaded' } : 'pass');
  const { code, stdout } = await cli(t, ['get', 'a', 'b'], { url: front.url });
  t.deepEqual([code, stdout], [0, '{"key":"a","value":1}\n{"key":"b","value":2}\n']);
  t.deepEqual(front.seen, ['POST /get', 'POST /get']);
});

test.serial('--wait prints a key as soon as it is there, and then as soon as it is newer', async (t) => {
  const { url } = store;
  const first = startCli(t, ['get', 'a b/é:1', '--wait', '3600', '--json'], { url });
  await waits(1);
  await write('{"a b/é:1":1}');
  const { code, stdout } = await first.ended;
  t.is(code, 0);
  const { value, version } = JSON.parse(stdout);
  t.is(value, 1);
  const second = startCli(t, ['get', 'a b/é:1', '--wait', '3600', '--newer-than', version], { url });
  await waits(1);
  await write('{"a b/é:1":2}');
  t.like(await second.ended, { code: 0, stdout: '2\n' });
});

test.serial('--wait ends in time, or when the key is gone', async (t) => {
  const { url } = store;
  t.like(await cli(t, ['get', 'no', '--wait', '1'], { url }), { code: 3, stdout: '' });
  await write('{"a":1}');
  const { version } = JSON.parse((await cli(t, ['get', 'a', '--json'], { url })).stdout);
  const same = await cli(t, ['get', 'a', '--wait', '1', '--newer-than', version], { url });
  t.like(same, { code: 4, stdout: '' });
  t.regex(same.stderr, /is still the present one/);
  const ended = startCli(t, ['get', 'a', '--wait', '3600', '--newer-than', version], { url });
  await waits(1);
  await fetch(`${url}/get/a`, { method: 'DELETE' });
  t.like(await ended.ended, { code: 3, stdout: '' });
});

test.serial('a 304 without the version is not believed', async (t) => {
  const front = await startFront(t, store.url);
  front.act = () => ({ status: 304, headers: { ETag: '"other"' }, code: 'none' });
  const { code } = await cli(t, ['get', 'a', '--wait', '1', '--newer-than', 'k3f9a2xq-7'], { url: front.url });
  t.is(code, 9);
});
