import { waitFor } from '../../../test-support/wait-for.ts';
import { call, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('HEAD answers every GET with the same headers and no body', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 'é', b: 2 });
  const targets = [
    '/',
    '/?limit=1',
    '/?limit=x',
    '/get/a',
    '/get/missing',
    '/get/%AF',
    '/search?prefix=',
    '/search?prefix=&limit=1',
    '/search',
    '/livez',
    '/readyz',
    '/unknown',
  ];
  for (const target of targets) {
    const { date: _, ...expected } = (await call(service, target)).headers;
    const answer = await call(service, target, { method: 'HEAD' });
    const { date: __, ...headers } = answer.headers;
    t.deepEqual(headers, expected, target);
    t.true(Number(headers['content-length']) > 0, target);
    t.is(answer.text, '');
  }
  const metrics = await call(service, '/metrics', { method: 'HEAD' });
  t.is(metrics.status, 200);
  t.true(Number(metrics.headers['content-length']) > 0);
});

contractTest('HEAD of a long answer that is kept ready has its length', async (t, kind) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 4; i++) await set(service, { [`k${i}`]: 'x'.repeat(100_000) });
  const { text, headers } = await waitFor('the dump is ready', async () => {
    const answer = await call(service, '/');
    return answer.headers['content-length'] === undefined ? undefined : answer;
  });
  const answer = await call(service, '/', { method: 'HEAD' });
  t.is(answer.headers['content-length'], String(text.length));
  t.deepEqual({ ...answer.headers, date: '' }, { ...headers, date: '' });
  t.is(answer.text, '');
});

contractTest('HEAD of a long answer has the headers of the stream', async (t, kind) => {
  const service = await startService(t, kind, { dumpCache: 0 });
  for (let i = 0; i < 4; i++) await set(service, { [`k${i}`]: 'x'.repeat(100_000) });
  const { date: _, 'transfer-encoding': encoding, ...expected } = (await call(service, '/')).headers;
  t.is(encoding, 'chunked');
  const answer = await call(service, '/', { method: 'HEAD' });
  const { date: __, 'transfer-encoding': ___, ...headers } = answer.headers;
  t.deepEqual(headers, expected);
  t.is(answer.text, '');
});

contractTest('HEAD answers 304 as well', async (t, kind) => {
  const service = await startService(t, kind);
  const { headers } = await set(service, { a: 1 });
  for (const target of ['/', '/get/a']) {
    const answer = await call(service, target, { method: 'HEAD', headers: { 'If-None-Match': headers.etag ?? '' } });
    t.is(answer.status, 304);
    t.is(answer.headers.etag, headers.etag);
  }
});
