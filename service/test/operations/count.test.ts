/** `count=true` of /search and /: how many keys hold, alone. */
import type { KeyFilter } from '../../src/store/store.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const textOf = async (service: Service, target: string) => (await call(service, target)).text;

/** `many` keys `a-0`, `a-1`, … in sets that both kinds of store take. */
async function fill(service: Service, many: number): Promise<void> {
  for (let i = 0; i < many; i += 100) {
    const pairs = Array.from({ length: Math.min(100, many - i) }, (_, j) => [`a-${i + j}`, 0]);
    await set(service, Object.fromEntries(pairs));
  }
}

contractTest('a count is the number of keys that the same call without it finds', async (t, kind) => {
  const service = await startService(t, kind);
  t.is(await textOf(service, '/?count=true'), '{"count":0}');
  t.is(await textOf(service, '/search?prefix=&count=true'), '{"count":0}');
  await fill(service, 2500);
  await set(service, { 'b-1': 1, 'b/é': 2 });
  const filters: readonly KeyFilter[] = [
    ...[{ prefix: '' }, { prefix: 'a-' }, { prefix: 'a-1' }, { prefix: 'b' }, { prefix: 'none' }, { prefix: 'b/é' }],
    ...[{ suffix: '' }, { suffix: '1' }, { suffix: '-1' }, { suffix: 'none' }, { prefix: 'a', suffix: '00' }],
    ...[{ prefix: 'a-', after: 'a-2' }, { prefix: '', after: 'a-9' }, { prefix: 'x'.repeat(1025) }],
  ];
  for (const filter of filters) {
    const query = new URLSearchParams(filter as Record<string, string>);
    const found = await call(service, `/search?${query}`);
    for (const again of [1, 2, 3]) {
      const counted = await call(service, `/search?${query}&count=true`);
      t.is(counted.text, `{"count":${JSON.parse(found.text).length}}`, `${query} ${again}`);
      t.is(counted.headers.etag, found.headers.etag);
      t.is(counted.headers['content-type'], 'application/json');
    }
    if (filter.suffix !== undefined) continue;
    const pairs = await call(service, `/?${query}`);
    t.is(await textOf(service, `/?${query}&count=true`), `{"count":${Object.keys(JSON.parse(pairs.text)).length}}`);
  }
  const { text, headers } = await call(service, '/?count=true');
  t.is(text, '{"count":2502}');
  const same = await call(service, '/?count=true', { headers: { 'If-None-Match': String(headers.etag) } });
  t.is(same.status, 304);
  await call(service, '/delete', { body: '["a-0","never"]' });
  t.is(await textOf(service, '/?count=true'), '{"count":2501}');
  t.is(await textOf(service, '/search?prefix=a&count=true'), '{"count":2499}');
  t.is(await textOf(service, '/search?prefix=b&count=true&consistency=stale'), '{"count":2}');
});

contractTest('what has expired is not counted, also while it is not removed yet', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await set(service, { stays: 1 });
  await call(service, '/set?ttl=60', { body: '{"goes":1,"goes too":2}' });
  t.is(await textOf(service, '/?count=true'), '{"count":3}');
  clock.advance(61_000);
  t.is(await textOf(service, '/?count=true'), '{"count":1}');
  t.is(await textOf(service, '/search?prefix=goes&count=true'), '{"count":0}');
});

contractTest('a count goes with no page and no values', async (t, kind) => {
  const service = await startService(t, kind);
  for (const target of [
    '/?count=true&limit=1',
    '/search?prefix=a&count=true&limit=1',
    '/search?prefix=a&count=true&values=true',
    '/search?prefix=a&count=1',
    '/search?count=true',
  ]) {
    assertProblem(t, await call(service, target), 'invalid-query');
  }
  t.is(await textOf(service, '/search?prefix=a&count=false'), '[]');
});
