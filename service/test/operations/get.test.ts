import { assertProblem, assertRawProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('a value is JSON with the revision that last wrote it', async (t, kind) => {
  const service = await startService(t, kind);
  const written = await set(service, { a: 'x' });
  await set(service, { b: 1 });
  const answer = await get(service, 'a');
  t.is(answer.status, 200);
  t.is(answer.text, '"x"');
  t.is(answer.headers['content-type'], 'application/json');
  t.is(answer.headers['content-length'], '3');
  t.is(answer.headers.etag, written.headers.etag);
});

contractTest('a key that is not there is a 404 problem', async (t, kind) => {
  const service = await startService(t, kind);
  assertProblem(t, await get(service, 'toString'), 'key-not-found');
  assertProblem(t, await get(service, 'a'), 'key-not-found');
});

contractTest('the rest of the path is the key, decoded once', async (t, kind) => {
  const service = await startService(t, kind);
  const keys = [
    '/v9/',
    'foo//bar',
    '/leading',
    '//',
    'a/../b',
    '..',
    '.',
    'foo%foo',
    '%2F',
    '%252F',
    'a.b.html',
    'a?b',
    'a#b',
    'a+b',
    'a b',
    'a@b',
    'a&b=c',
    'ключ',
    '😀',
    'a:b',
    '\u0001\n\t\u007f',
    ' ',
  ];
  for (const [i, key] of keys.entries()) {
    await set(service, { [key]: i });
    t.is((await get(service, key)).text, String(i), key);
    // The same key with the slashes left as they are, and with every byte escaped.
    const slashes = key.split('/').map(encodeURIComponent).join('/');
    t.is((await call(service, `/get/${slashes}`)).text, String(i), slashes);
    const escaped = [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    t.is((await call(service, `/get/${escaped}`)).text, String(i), escaped);
  }
  t.is((await call(service, '/get/foo%25foo')).text, String(keys.indexOf('foo%foo')));
  t.is((await call(service, '/get/%2Fv9%2F')).text, String(keys.indexOf('/v9/')));
  t.is((await call(service, '/get/a+b')).text, String(keys.indexOf('a+b')), '+ in a path is +');
  t.is((await call(service, '/get/%2F')).status, 404, '%2F is decoded once, to /');
  t.is((await call(service, '/get/a%3Fb?consistency=stale')).text, String(keys.indexOf('a?b')));
});

contractTest('what is not percent-encoded UTF-8 is a 400', async (t, kind) => {
  const service = await startService(t, kind);
  for (const path of ['%AF', '%', '%2', '%zz', '%C3', '%ED%A0%80', '%F5%80%80%80', 'a%C0%80', '%u0041']) {
    assertProblem(t, await call(service, `/get/${path}`), 'invalid-path');
  }
});

contractTest(
  'bytes above ASCII that a client did not escape are refused, not taken for other characters',
  async (t, kind) => {
    const service = await startService(t, kind);
    await set(service, { é: 1, 'Ã©': 2 });
    const answer = await exchange(t, service, Buffer.from('GET /get/é HTTP/1.1\r\nHost: x\r\n\r\n'));
    assertRawProblem(t, answer, 'invalid-request');
  },
);

contractTest('If-None-Match: 304 when the value is the one that the client has', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  const { headers } = await get(service, 'a');
  const etag = headers.etag ?? '';
  const ask = (condition: string) => get(service, 'a', { headers: { 'If-None-Match': condition } });
  for (const condition of [etag, `W/${etag}`, '*', `"x", ${etag}`, `"x",W/${etag},"y"`]) {
    const answer = await ask(condition);
    t.is(answer.status, 304, condition);
    t.is(answer.text, '');
    t.is(answer.headers.etag, etag);
    t.is(answer.headers['content-type'], undefined);
  }
  for (const condition of ['"x"', '""', 'x', `"${etag}"`, '"x", "y"']) {
    t.is((await ask(condition)).status, 200, condition);
  }
  await set(service, { a: 1 });
  t.is((await ask(etag)).status, 200, 'written again: another revision');
  assertProblem(t, await get(service, 'b', { headers: { 'If-None-Match': '*' } }), 'key-not-found');
});

contractTest('consistency is linearizable or stale', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  for (const query of ['', '?', '?consistency=stale', '?consistency=linearizable']) {
    t.is((await call(service, `/get/a${query}`)).text, '1', query);
  }
  for (const query of ['?consistency=weak', '?consistency=', '?consistency=stale&consistency=stale', '?a=%AF']) {
    assertProblem(t, await call(service, `/get/a${query}`), 'invalid-query');
  }
});
