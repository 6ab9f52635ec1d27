import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { hostCheck } from '../../src/app/hosts.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { someTokens } from '../support/tokens.ts';

const [kind] = storeKinds as [(typeof storeKinds)[number]];
const loopback = { listens: '127.0.0.1', needsToken: false, allowed: [] };

test('on loopback without tokens, a name that leads there reads and writes nothing', async (t) => {
  const service = await startService(t, kind, { hosts: ['kv.test'] });
  await set(service, { a: 1 });
  for (const host of [
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
  ]) {
    const headers = { Host: host };
    t.regex(assertProblem(t, await get(service, 'a', { headers }), 'misdirected'), /KV_HOSTS/);
    assertProblem(t, await set(service, { a: 2 }, { headers }), 'misdirected');
    assertProblem(t, await call(service, '/ui', { headers }), 'misdirected');
  }
  for (const host of [
    'localhost',
    'LOCALHOST:80',
    'kv.localhost',
    '127.0.0.1:8080',
    '127.1.2.3',
    '[::1]:8080',
    'kv.test',
    'KV.test:1',
  ]) {
    t.is((await get(service, 'a', { headers: { Host: host } })).text, '1', host);
  }
  for (const path of ['/livez', '/readyz', '/metrics']) {
    t.is((await call(service, path, { headers: { Host: '10.42.0.7:8080' } })).status, 200, 'asked by address');
  }
});

test('of a target in absolute form its own host counts, whatever Host says', async (t) => {
  const service = await startService(t, kind, { hosts: ['kv.test'] });
  await set(service, { a: 1 });
  const ask = (target: string, host: string) =>
    exchange(t, service, Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  for (const target of ['http://evil.example/get/a', 'http://evil.example:80?a', 'HTTP://10.0.0.1/get/a']) {
    t.regex(await ask(target, '127.0.0.1'), /^HTTP\/1.1 421 /, target);
  }
  for (const target of ['http:///get/a', 'http://user@127.0.0.1/get/a', 'http://a b/get/a']) {
    t.regex(await ask(target, '127.0.0.1'), /^HTTP\/1.1 400 /, target);
  }
  t.regex(await ask('http://kv.test:80/get/a', '127.0.0.1'), /^HTTP\/1.1 200 /);
  t.regex(await ask('http://kv.test/get/a', 'evil.example'), /^HTTP\/1.1 200 /);
  t.regex(await ask('http://10.42.0.7/livez', '127.0.0.1'), /^HTTP\/1.1 200 /);
});

test('it holds for loopback without tokens, and wherever names are given', (t) => {
  const evil = 'evil.example';
  for (const listens of ['127.0.0.1', '::1', 'localhost']) {
    t.throws(() => hostCheck({ ...loopback, listens })?.(evil), { instanceOf: Problem });
  }
  t.is(hostCheck({ ...loopback, listens: '0.0.0.0' }), undefined);
  t.is(hostCheck({ ...loopback, listens: '::' }), undefined);
  t.is(hostCheck({ ...loopback, needsToken: true }), undefined);
  t.is(hostCheck({ ...loopback, allowed: ['*'] }), undefined);
  t.throws(() => hostCheck({ listens: '0.0.0.0', needsToken: true, allowed: ['kv.test'] })?.(evil), {
    instanceOf: Problem,
  });
});

test('with tokens, any name is answered, for a page has none to send', async (t) => {
  const service = await startService(t, kind, { hosts: [], tokens: await someTokens(t) });
  assertProblem(t, await get(service, 'a', { headers: { Host: 'evil.example' } }), 'unauthorized');
});
