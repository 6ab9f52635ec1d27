import { call, nextTarget, set } from '../support/call.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** The texts of all pages, from one link to the next. */
async function pagesFrom(service: Service, first: string): Promise<string[]> {
  const texts: string[] = [];
  for (let target: string | undefined = first; target !== undefined; ) {
    const answer = await call(service, target);
    texts.push(answer.text);
    target = nextTarget(answer);
  }
  return texts;
}

contractTest('pages follow each other by their links until none is left', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a1: 1, a2: 2, a3: 3, a4: 4, b1: 5 });
  t.deepEqual(await pagesFrom(service, '/?limit=2'), ['{"a1":1,"a2":2}', '{"a3":3,"a4":4}', '{"b1":5}']);
  t.deepEqual(await pagesFrom(service, '/?limit=5'), ['{"a1":1,"a2":2,"a3":3,"a4":4,"b1":5}']);
  t.deepEqual(await pagesFrom(service, '/search?prefix=a&limit=2'), ['["a1","a2"]', '["a3","a4"]']);
  t.deepEqual(await pagesFrom(service, '/search?suffix=1&limit=1'), ['["a1"]', '["b1"]']);
  t.deepEqual(await pagesFrom(service, '/search?prefix=a&suffix=1&limit=1'), ['["a1"]']);
  t.deepEqual(await pagesFrom(service, '/search?prefix=c&limit=1'), ['[]']);
});

contractTest('`after` need not exist, and holds without a limit too', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1, b: 2, c: 3 });
  t.is((await call(service, '/?after=a')).text, '{"b":2,"c":3}');
  t.is((await call(service, '/?after=aa')).text, '{"b":2,"c":3}');
  t.is((await call(service, '/?after=c')).text, '{}');
  t.is((await call(service, '/search?prefix=&after=b&limit=1')).text, '["c"]');
  t.is((await call(service, '/search?prefix=b&after=a')).text, '["b"]');
  t.is((await call(service, '/search?suffix=b&after=b')).text, '[]');
});

contractTest('a link carries its query and any key', async (t, kind) => {
  const service = await startService(t, kind);
  const keys = ['x', '"<>;,', 'a&b=c', 'a+b', 'a b', '%2F', 'é', '😀', '\n\r\t', 'a/b?c#d'].map((key) => `p&${key}`);
  await set(service, Object.fromEntries(keys.map((key) => [key, 0])));
  // A stale read shows what a fresh one before it has shown.
  t.is((await call(service, '/search?prefix=p')).status, 200);
  const pages = await pagesFrom(service, '/search?prefix=p%26&limit=1&consistency=stale&suffix=');
  t.deepEqual(
    pages.map((page) => JSON.parse(page)[0]),
    keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  const { headers } = await call(service, '/search?prefix=p%26&limit=1&suffix=&consistency=stale');
  t.regex(String(headers.link), /^<\/search\?prefix=p%26&limit=1&suffix=&consistency=stale&after=[^>]*>; rel="next"$/);
});
