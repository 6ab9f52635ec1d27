import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('DELETE takes a key away, and is content when it is not there', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1, 'b/c?': 2 });
  for (const target of ['/get/b%2Fc%3F', '/get/b%2Fc%3F', '/get/never']) {
    const answer = await call(service, target, { method: 'DELETE' });
    t.is(answer.status, 204);
    t.is(answer.text, '');
  }
  t.is((await get(service, 'b/c?')).status, 404);
  t.is((await call(service, '/')).text, '{"a":1}');
  t.is((await call(service, '/search?suffix=c?')).text, '[]');
  assertProblem(t, await call(service, '/get/', { method: 'DELETE' }), 'invalid-key');
  assertProblem(t, await call(service, '/get/%AF', { method: 'DELETE' }), 'invalid-path');
});

contractTest('a deletion of many keys counts those that were there', async (t, kind) => {
  const service = await startService(t, kind);
  const before = await set(service, { a: 1, b: 2, c: 3 });
  const answer = await call(service, '/delete', { body: '["a","never","c","a"]' });
  t.is(answer.status, 200);
  t.is(answer.text, '{"deleted":2}');
  t.not(answer.headers.etag, before.headers.etag);
  t.is((await call(service, '/')).text, '{"b":2}');
  const nothing = await call(service, '/delete', { body: '["a","c"]' });
  t.is(nothing.text, '{"deleted":0}');
  t.is(nothing.headers.etag, answer.headers.etag?.replace(/"$/, '~0"'), 'nothing changed');
});

contractTest('a list of keys that is none is refused, and nothing is deleted', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  for (const body of ['', '{', '{"a":1}', '"a"', 'null', '[]', '["a",1]', '[["a"]]']) {
    assertProblem(t, await call(service, '/delete', { body }), 'invalid-body');
  }
  for (const body of ['["a",""]', '["a","\\u0000"]', '["a","\\ud800"]', `["a","${'é'.repeat(513)}"]`]) {
    assertProblem(t, await call(service, '/delete', { body }), 'invalid-key');
  }
  t.is((await call(service, '/')).text, '{"a":1}');
});

contractTest("pages of other sites can't delete", async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  const headers = { 'Sec-Fetch-Site': 'cross-site' };
  assertProblem(t, await call(service, '/get/a', { method: 'DELETE', headers }), 'cross-site');
  assertProblem(t, await call(service, '/delete', { body: '["a"]', headers }), 'cross-site');
  t.is((await get(service, 'a')).text, '1');
});
