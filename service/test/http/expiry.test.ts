import { maxTtl } from '@kvstore/core/limits.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** A set with a time to live in seconds. */
function setFor(service: { readonly port: number }, ttl: number | string, pairs: object) {
  return call(service, `/set?ttl=${ttl}`, { body: JSON.stringify(pairs) });
}

contractTest('no read shows a key from its deadline on, removed or not', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await set(service, { 'k-stays': 0 });
  t.is((await setFor(service, 1000, { 'k-1': 1, 'k-2': 2 })).status, 200);
  await setFor(service, 5000, { 'k-later': 3 });
  clock.advance(999_000 - 60_000);
  t.is((await call(service, '/')).text, '{"k-1":1,"k-2":2,"k-later":3,"k-stays":0}');
  const snapshot = service.store.snapshot();
  t.teardown(() => snapshot.close());
  clock.advance(62_000);
  t.is((await get(service, 'k-1')).status, 404);
  t.is((await get(service, 'k-1', { method: 'HEAD' })).status, 404);
  t.is((await call(service, '/get/k-2?consistency=stale')).status, 404);
  t.is((await call(service, '/')).text, '{"k-later":3,"k-stays":0}');
  t.is((await call(service, '/?limit=1')).text, '{"k-later":3}');
  t.is((await call(service, '/search?prefix=k-')).text, '["k-later","k-stays"]');
  t.is((await call(service, '/search?suffix=2')).text, '[]');
  t.is((await call(service, '/search?prefix=k&values=true')).text, '{"k-later":3,"k-stays":0}');
  const lines = (await call(service, '/', { headers: { Accept: 'application/x-ndjson' } })).text;
  t.deepEqual(lines.match(/"key":"[^"]*"/g), ['"key":"k-later"', '"key":"k-stays"']);
  t.is(snapshot.get('k-1')?.value, '1', 'a snapshot stays as it was when it was taken');
  t.deepEqual([...snapshot.keys({ suffix: '2' })], ['k-2']);
});

contractTest('a dump that lost an expired key is not taken for the one before', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await setFor(service, 1000, { a: 1 });
  const { etag = '' } = (await call(service, '/')).headers;
  t.is((await call(service, '/', { headers: { 'If-None-Match': etag } })).status, 304);
  clock.advance(1_001_000);
  const after = await call(service, '/', { headers: { 'If-None-Match': etag } });
  t.is(after.status, 200);
  t.is(after.text, '{}');
});

contractTest(
  'every answer says at which state of the store it stands, also while expired keys wait to be removed',
  async (t, kind) => {
    const clock = new SettableClock();
    const service = await startService(t, kind, { clock });
    await setFor(service, 1000, { 'a-1': 1, 'b-1': 1 });
    await setFor(service, 2000, { 'c-1': 1 });
    await set(service, { 'd-1': 1 });
    const targets = [
      '/',
      '/?limit=1',
      '/?prefix=a',
      '/search?prefix=a',
      '/search?suffix=-1',
      '/search?prefix=a&suffix=1',
    ].concat(['/search?prefix=a&values=true', '/search?suffix=-1&limit=1', '/search?suffix=-1&limit=2&values=true']);
    const seen = new Map<string, Map<string, string>>();
    const tags: string[] = [];
    for (const passed of [0, 1001, 0, 1000]) {
      clock.advance(passed * 1000);
      for (const target of targets) {
        for (const accept of target.startsWith('/search') ? ['*/*'] : ['*/*', 'application/x-ndjson']) {
          for (const method of ['GET', 'GET', 'HEAD']) {
            const { status, headers, text } = await call(service, target, { method, headers: { Accept: accept } });
            t.is(status, 200);
            const { etag = '' } = headers;
            t.regex(
              etag,
              accept === '*/*' ? /^"[0-9a-z]{8}-\d+(\+\d{13})?"$/ : /^"[0-9a-z]{8}-\d+(\+\d{13})?-lines"$/,
              target,
            );
            if (accept === '*/*') tags.push(etag);
            if (method === 'HEAD') continue;
            // A strong tag: one text of a target.
            const texts = seen.get(target + accept) ?? new Map<string, string>();
            seen.set(target + accept, texts);
            t.is(texts.get(etag) ?? text, text, `${target} at ${etag}`);
            texts.set(etag, text);
            const again = await call(service, target, { headers: { Accept: accept, 'If-None-Match': etag } });
            t.is(again.status, 304, `${target} at ${etag}`);
            t.is(again.headers.etag, etag);
          }
        }
      }
    }
    t.true(new Set(tags).size >= 3, 'one for each state');
  },
);

contractTest('a write without a time to live takes an earlier one away, a deletion too', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await setFor(service, 1000, { kept: 1, gone: 1, longer: 1 });
  await set(service, { kept: 2 });
  await setFor(service, 9000, { longer: 2 });
  await call(service, '/get/gone', { method: 'DELETE' });
  await set(service, { gone: 3 });
  clock.advance(1_500_000);
  t.is((await call(service, '/')).text, '{"gone":3,"kept":2,"longer":2}');
});

contractTest('an expired key counts as absent for conditions and deletions', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  const { etag = '' } = (await setFor(service, 1000, { a: 1, b: 1, c: 1 })).headers;
  clock.advance(1_001_000);
  assertProblem(t, await set(service, { a: 2 }, { headers: { 'If-Match': etag } }), 'precondition-failed');
  assertProblem(t, await set(service, { a: 2 }, { headers: { 'If-Match': '*' } }), 'precondition-failed');
  t.is((await call(service, '/delete', { body: '["b"]' })).text, '{"deleted":0}');
  t.is((await set(service, { a: 2 }, { headers: { 'If-None-Match': '*' } })).status, 200);
  const absent = await call(service, '/delete', { body: '["c"]', headers: { 'If-None-Match': '*' } });
  t.is(absent.text, '{"deleted":0}');
  t.is((await call(service, '/')).text, '{"a":2}');
});

contractTest('what has expired is removed, and a watch reports it', async (t, kind) => {
  const service = await startService(t, kind);
  const deleted: string[] = [];
  const watch = service.store.watch(service.store.revision(), {
    opened: () => {},
    revision: ({ changes }) => {
      for (const { key, value } of changes) if (value === undefined) deleted.push(key);
    },
    end: () => {},
  });
  t.teardown(() => watch.close());
  await setFor(service, 1, { a: 1, b: 1 });
  // etcd keeps a lease for as long as a request may take, and a little longer.
  await waitFor('both are removed', () => deleted.length === 2, { timeout: 100_000 });
  t.deepEqual(deleted.sort(), ['a', 'b']);
});

contractTest('a time to live is whole seconds, up to ten years', async (t, kind) => {
  const service = await startService(t, kind);
  for (const ttl of ['0', '-1', '1.5', '', 'x', '1e3', String(maxTtl + 1)]) {
    assertProblem(t, await setFor(service, ttl, { a: 1 }), 'invalid-query');
  }
  assertProblem(t, await call(service, '/set?ttl=1&ttl=2', { body: '{"a":1}' }), 'invalid-query');
  t.is((await call(service, '/')).text, '{}');
  t.is((await setFor(service, maxTtl, { a: 1 })).status, 200);
});
