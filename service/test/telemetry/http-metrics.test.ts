import { randomBytes } from 'node:crypto';
import { problems } from '@kvstore/core/problem.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set, singleConnection } from '../support/call.ts';
import { exchange } from '../support/raw-connection.ts';
import { samples } from '../support/samples.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const count = (method: string, route: string, status: number) =>
  `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`;

contractTest('requests are counted by method, route template and status', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1, b: 2 });
  await get(service, 'a');
  await get(service, 'b');
  await get(service, 'c');
  await call(service, '/');
  await call(service, '/', { method: 'HEAD' });
  await call(service, '/search?prefix=a');
  await call(service, '/search');
  await call(service, '/set', { method: 'PUT' });
  const found = await samples(service);
  t.is(found.get(count('POST', '/set', 200)), 1);
  t.is(found.get(count('GET', '/get/{key}', 200)), 2);
  t.is(found.get(count('GET', '/get/{key}', 404)), 1);
  t.is(found.get(count('GET', '/', 200)), 1);
  t.is(found.get(count('HEAD', '/', 200)), 1);
  t.is(found.get(count('GET', '/search', 200)), 1);
  t.is(found.get(count('GET', '/search', 400)), 1);
  t.is(found.get(count('PUT', '', 405)), 1);
  t.is(found.get('http_server_active_requests'), 1, 'the one that asks');
  const problem = (code: string) => found.get(`kvstore_http_problems_total{code="${code}"}`);
  t.is(problem('key-not-found'), 1);
  t.is(problem('invalid-query'), 1);
  t.is(problem('method-not-allowed'), 1);
  for (const code of Object.keys(problems)) t.is(typeof problem(code), 'number', `${code}: 0 before the first`);
  t.is(found.get('kvstore_keys'), 2);
  t.true((found.get('kvstore_index_bytes') ?? 0) > 0);
  t.true((found.get('kvstore_revision') ?? 0) > 0);
  t.true([...found.keys()].some((name) => name.startsWith('process_cpu_seconds_total')));
  t.true([...found.keys()].some((name) => name.startsWith('kvstore_build_info{version="0.0.0-test"')));
});

contractTest('what never becomes a request is a problem, too', async (t, kind) => {
  const service = await startService(t, kind);
  await exchange(t, service, 'this is not HTTP\r\n\r\n');
  await exchange(t, service, `GET /get/a HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  const found = await samples(service);
  t.is(found.get('kvstore_http_problems_total{code="invalid-request"}'), 1);
  t.is(found.get('kvstore_http_problems_total{code="headers-too-large"}'), 1);
});

contractTest('only the embedded store shows commits, and only etcd calls to etcd', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  const names = [...(await samples(service)).keys()];
  t.is(
    names.some((name) => name.startsWith('kvstore_commit_')),
    kind.name === 'embedded',
  );
  t.is(
    names.some((name) => name.startsWith('kvstore_etcd_')),
    kind.name !== 'embedded',
  );
});

contractTest('the text is what Prometheus reads', async (t, kind) => {
  const service = await startService(t, kind);
  const { headers, text } = await call(service, '/metrics');
  t.regex(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  t.true(text.endsWith('\n'));
});

contractTest('unknown paths, methods and keys add no series', async (t, kind) => {
  const service = await startService(t, kind);
  const agent = singleConnection(t);
  const methods = ['GET', 'PROPFIND', 'M-SEARCH', 'PURGE'];
  const hit = async (random: string) => {
    for (const method of methods) await call(service, `/${random}`, { agent, method });
    await call(service, `/get/${random}`, { agent });
    await call(service, `/search?prefix=${random}&${random}=1`, { agent });
    await call(service, `/get/%${random}`, { agent });
  };
  await hit('zz');
  await call(service, '/metrics');
  const before = [...(await samples(service)).keys()];
  for (let i = 0; i < 1500; i++) await hit(`zz${randomBytes(6).toString('hex')}`);
  const after = [...(await samples(service)).keys()];
  // Node's own metrics come and go: handles, requests.
  const own = (name: string) => !name.startsWith('nodejs_');
  t.deepEqual(after.filter(own), before.filter(own));
  const counted = (method: string) => after.some((name) => name.includes(`http_request_method="${method}"`));
  t.true(counted('_OTHER'));
  t.false(counted('PROPFIND') || counted('PURGE'));
  assertProblem(t, await call(service, '/zz'), 'unknown-path');
});
