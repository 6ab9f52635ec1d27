import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('If-None-Match: * writes only when none of the keys exists', async (t, kind) => {
  const service = await startService(t, kind);
  const headers = { 'If-None-Match': '*' };
  t.is((await set(service, { a: 1, b: 1 }, { headers })).status, 200);
  assertProblem(t, await set(service, { c: 2, b: 2 }, { headers }), 'precondition-failed');
  t.is((await call(service, '/')).text, '{"a":1,"b":1}');
  await call(service, '/delete', { body: '["b"]' });
  t.is((await set(service, { c: 2, b: 2 }, { headers })).status, 200);
});

contractTest('If-Match writes and deletes only what has not changed since', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  const { etag = '' } = (await get(service, 'a')).headers;
  const next = await set(service, { a: 2 }, { headers: { 'If-Match': etag } });
  t.is(next.status, 200);
  assertProblem(t, await set(service, { a: 3 }, { headers: { 'If-Match': etag } }), 'precondition-failed');
  const stale = await call(service, '/get/a', { method: 'DELETE', headers: { 'If-Match': etag } });
  assertProblem(t, stale, 'precondition-failed');
  t.is((await get(service, 'a')).text, '2');
  const fresh = await call(service, '/get/a', { method: 'DELETE', headers: { 'If-Match': next.headers.etag ?? '' } });
  t.is(fresh.status, 204);
  t.is((await get(service, 'a')).status, 404);
});

contractTest('If-Match: * asks for a key that exists', async (t, kind) => {
  const service = await startService(t, kind);
  const headers = { 'If-Match': '*' };
  assertProblem(t, await set(service, { a: 1 }, { headers }), 'precondition-failed');
  assertProblem(t, await call(service, '/get/a', { method: 'DELETE', headers }), 'precondition-failed');
  await set(service, { a: 1 });
  t.is((await set(service, { a: 2 }, { headers })).status, 200);
  t.is((await call(service, '/get/a', { method: 'DELETE', headers })).status, 204);
});

contractTest('a condition that is none is refused, and nothing is written', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag = '' } = (await set(service, { a: 1 })).headers;
  const attempts: readonly [Record<string, string>, 'invalid-request' | 'precondition-failed'][] = [
    [{ 'If-Match': 'abc' }, 'invalid-request'],
    [{ 'If-Match': `${etag}, "9"` }, 'invalid-request'],
    [{ 'If-None-Match': etag }, 'invalid-request'],
    [{ 'If-Match': etag, 'If-None-Match': '*' }, 'invalid-request'],
    [{ 'If-Match': `W/${etag}` }, 'precondition-failed'],
    [{ 'If-Match': '"x"' }, 'precondition-failed'],
    [{ 'If-Match': '"0"' }, 'precondition-failed'],
  ];
  for (const [headers, code] of attempts) assertProblem(t, await set(service, { a: 2 }, { headers }), code);
  const two = await set(service, { a: 2, b: 2 }, { headers: { 'If-Match': etag } });
  assertProblem(t, two, 'invalid-request');
  t.is((await call(service, '/')).text, '{"a":1}');
});

contractTest('of many who write on one condition at once, one wins', async (t, kind) => {
  const service = await startService(t, kind);
  const { etag = '' } = (await set(service, { counter: 0 })).headers;
  for (const headers of [{ 'If-Match': etag }, { 'If-None-Match': '*' }] as Record<string, string>[]) {
    const key = 'If-Match' in headers ? 'counter' : 'created';
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => set(service, { [key]: i }, { headers }).then(({ status }) => status)),
    );
    t.is(answers.filter((status) => status === 200).length, 1);
    t.is(answers.filter((status) => status === 412).length, 19);
    const winner = answers.indexOf(200);
    t.is((await get(service, key)).text, String(winner));
  }
});
