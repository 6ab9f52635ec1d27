import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { followInterval } from '../../src/followed-files.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';
import { bearer, digestOf, reader, someTokens, writer } from '../support/tokens.ts';

/** What everybody may see; any other path, known or not, needs a token. */
const open = ['/livez', '/readyz', '/metrics'];
const reads = ['/', '/get/a', '/get/a%2F', '/get/a?consistency=stale', '/get/missing', '/search?prefix=a', '/unknown'];
const refused = [
  ['none', {}],
  ['another scheme', { Authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }],
  ['no token', { Authorization: 'Bearer' }],
  ['a wrong token', bearer('wrong')],
  ['a part of a token', bearer(writer.slice(0, -3))],
  ['two tokens', bearer(`${reader} ${writer}`)],
  ['a token with something behind it', bearer(`${writer},`)],
  ['a name', bearer('shop')],
  ['a cookie', { Cookie: `Authorization=Bearer ${writer}; token=${writer}` }],
] as const;

contractTest('without a token that is in force nothing is answered', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  await service.store.set([{ key: 'a', value: '"hidden"' }]);
  for (const [title, headers] of refused) {
    for (const path of reads) {
      const answer = await call(service, path, { headers });
      assertProblem(t, answer, 'unauthorized');
      const error = 'Authorization' in headers ? ', error="invalid_token"' : '';
      t.is(answer.headers['www-authenticate'], `Bearer realm="kvstore"${error}`, title);
      t.false(answer.text.includes('hidden'));
    }
    assertProblem(t, await set(service, { a: 2 }, { headers }), 'unauthorized');
    assertProblem(t, await set(service, '{', { headers }), 'unauthorized');
    t.is((await call(service, '/get/a', { method: 'HEAD', headers })).status, 401);
  }
  await service.store.barrier();
  t.is(service.store.get('a')?.value, '"hidden"');
});

contractTest('a token that may read reads, and writes nothing; one that may write does both', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  const read = { headers: bearer(reader) };
  const write = { headers: bearer(writer) };
  t.is((await set(service, { a: 1 }, write)).status, 200);
  for (const options of [read, write, { headers: { authorization: `bearer   ${reader}` } }]) {
    t.is((await call(service, '/get/a', options)).text, '1');
    t.is((await call(service, '/get/%61', options)).text, '1');
    t.is((await call(service, '/get/a', { ...options, method: 'HEAD' })).status, 200);
    t.is((await call(service, '/search?prefix=a', options)).text, '["a"]');
    t.is((await call(service, '/', options)).text, '{"a":1}');
    assertProblem(t, await call(service, '/get/b', options), 'key-not-found');
    assertProblem(t, await call(service, '/unknown', options), 'unknown-path');
  }
  const answer = await set(service, { a: 2 }, read);
  assertProblem(t, answer, 'read-only-token');
  t.is(answer.headers['www-authenticate'], 'Bearer realm="kvstore", error="insufficient_scope"');
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
    assertProblem(t, await call(service, '/get/a', { ...read, method }), 'read-only-token');
  }
  assertProblem(t, await call(service, '/get/a', { ...write, method: 'PUT' }), 'method-not-allowed');
  t.is((await call(service, '/get/a', read)).text, '1');
});

contractTest('probes and metrics are open', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  for (const path of open) t.is((await call(service, path)).status, 200, path);
});

contractTest('a watch ends with the token it was opened with, and no other one does', async (t, kind) => {
  const clock = new ManualClock();
  const file = join(temporaryFolder(t), 'tokens');
  const service = await startService(t, kind, { tokens: await someTokens(t, { clock, file }) });
  const revoked = await openEvents(t, service, '/watch?prefix=', bearer(reader));
  const kept = await openEvents(t, service, '/watch?prefix=', bearer(writer));
  await waitFor('both watches', () => revoked.comments() + kept.comments() === 2);
  await writeFile(file, `ro shop ${digestOf(writer)}`);
  clock.pass(followInterval);
  await waitFor('the end', () => revoked.ended());
  t.regex(JSON.stringify(revoked.events), /error.*unauthorized/);
  await service.store.set([{ key: 'a', value: '1' }]);
  t.is((await kept.until(1))[0]?.event, 'set', 'fewer rights are still rights to read');
  assertProblem(t, await call(service, '/watch?prefix=', { headers: bearer(reader) }), 'unauthorized');
});

contractTest('what is refused is counted, and no token is ever logged or shown', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  await call(service, '/get/a', { headers: bearer('wrong-token') });
  await set(service, { a: 1 }, { headers: bearer(reader) });
  await set(service, { a: 1 }, { headers: bearer(writer) });
  await call(service, '/get/a', { headers: bearer(writer) });
  const metrics = (await call(service, '/metrics')).text;
  t.regex(metrics, /^http_server_request_duration_seconds_count\{.*http_response_status_code="401"\} 1$/m);
  t.regex(metrics, /^http_server_request_duration_seconds_count\{.*http_response_status_code="403"\} 1$/m);
  for (const token of ['wrong-token', reader, writer]) {
    t.false(JSON.stringify(service.logged).includes(token));
    t.false(metrics.includes(token));
  }
});
