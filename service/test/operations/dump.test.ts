import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('all pairs are an object in the order of UTF-8 bytes', async (t, kind) => {
  const service = await startService(t, kind);
  t.is((await call(service, '/')).text, '{}');
  // U+FF5E sorts before U+1F600 by code point and by UTF-8 byte, and behind it by UTF-16 unit.
  await set(service, '{"10":1,"9":2,"a":3,"Z":4,"😀":5,"～":6,"é":7,"aa":8}');
  const answer = await call(service, '/');
  t.is(answer.status, 200);
  t.is(answer.text, '{"10":1,"9":2,"Z":4,"a":3,"aa":8,"é":7,"～":6,"😀":5}');
  t.is(answer.headers['content-type'], 'application/json');
  t.is(answer.headers['content-length'], String(Buffer.byteLength(answer.text)));
});

contractTest("the original's example", async (t, kind) => {
  const service = await startService(t, kind);
  const example = '{"abc-1":1,"abc-2":2,"xyz-1":"three","xyz-2":4}';
  t.is((await set(service, example)).text, example);
  t.is((await call(service, '/')).text, example);
  t.is((await call(service, '/get/xyz-1')).text, '"three"');
  t.is((await call(service, '/search?prefix=abc')).text, '["abc-1","abc-2"]');
  t.is((await call(service, '/search?suffix=-1')).text, '["abc-1","xyz-1"]');
});

contractTest("the ETag is the store's revision, and answers 304 until something is written", async (t, kind) => {
  const service = await startService(t, kind);
  t.regex((await call(service, '/')).headers.etag ?? '', /^"[0-9a-z]{8}-\d+"$/);
  const written = await set(service, { a: 1 });
  const etag = (await call(service, '/')).headers.etag ?? '';
  t.is(written.headers.etag, etag);
  const ask = (condition: string, target = '/') => call(service, target, { headers: { 'If-None-Match': condition } });
  for (const condition of [etag, `W/${etag}`, '*', `"x", ${etag}`]) {
    for (const target of ['/', '/?limit=1', '/?after=a']) {
      const answer = await ask(condition, target);
      t.is(answer.status, 304, `${condition} ${target}`);
      t.is(answer.text, '');
      t.is(answer.headers.etag, etag);
    }
  }
  t.is((await ask('"x"')).status, 200);
  await set(service, { a: 1 });
  t.is((await ask(etag)).status, 200);
});

contractTest('a query that cannot be used is a 400', async (t, kind) => {
  const service = await startService(t, kind);
  for (const query of ['limit=0', 'limit=10001', 'limit=x', 'consistency=x', 'after=a&after=b', 'x=%AF']) {
    assertProblem(t, await call(service, `/?${query}`), 'invalid-query');
  }
  assertProblem(t, await call(service, '/?after=%00'), 'invalid-key');
});
