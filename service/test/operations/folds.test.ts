/** `delimiter`, `contains` and `reverse` of /search and /: shapes, pages, errors, caches. */
import { assertProblem } from '../support/assert-problem.ts';
import { call, nextTarget, set } from '../support/call.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const textOf = async (service: Service, target: string, headers = {}) =>
  (await call(service, target, { headers })).text;

const files = { 'a/1': 1, 'a/2': 2, 'a/b/3': 3, b: 4, 'c/d/e': 5, 'c/d/f': 6, d: 7 };

contractTest('a delimiter folds keys into prefixes: keys and pairs are listed beside them', async (t, kind) => {
  const service = await startService(t, kind);
  t.is(await textOf(service, '/search?delimiter=/'), '{"keys":[],"prefixes":[]}');
  t.is(await textOf(service, '/?delimiter=/'), '{"pairs":{},"prefixes":[]}');
  await set(service, files);
  const answers = {
    '/search?delimiter=/': '{"keys":["b","d"],"prefixes":["a/","c/"]}',
    '/search?prefix=&delimiter=/': '{"keys":["b","d"],"prefixes":["a/","c/"]}',
    '/search?prefix=a&delimiter=/': '{"keys":[],"prefixes":["a/"]}',
    '/search?prefix=a/&delimiter=/': '{"keys":["a/1","a/2"],"prefixes":["a/b/"]}',
    '/search?prefix=a/&delimiter=/&values=true': '{"pairs":{"a/1":1,"a/2":2},"prefixes":["a/b/"]}',
    '/?prefix=a/&delimiter=/': '{"pairs":{"a/1":1,"a/2":2},"prefixes":["a/b/"]}',
    '/search?prefix=none&delimiter=/': '{"keys":[],"prefixes":[]}',
    '/search?delimiter=/&reverse=true': '{"keys":["d","b"],"prefixes":["c/","a/"]}',
    '/search?delimiter=/&suffix=3': '{"keys":[],"prefixes":["a/"]}',
    '/search?delimiter=/&contains=d': '{"keys":["d"],"prefixes":["c/"]}',
    '/search?prefix=c&delimiter=/d/': '{"keys":[],"prefixes":["c/d/"]}',
    '/search?delimiter=/&count=true': '{"count":4}',
    '/?delimiter=/&count=true': '{"count":4}',
    // Behind a folded prefix, and behind any key in it, nothing more of it comes, in both directions.
    '/search?delimiter=/&after=a/': '{"keys":["b","d"],"prefixes":["c/"]}',
    '/search?delimiter=/&after=a/1': '{"keys":["b","d"],"prefixes":["c/"]}',
    '/search?delimiter=/&after=a': '{"keys":["b","d"],"prefixes":["a/","c/"]}',
    '/search?delimiter=/&after=c/&reverse=true': '{"keys":["b"],"prefixes":["a/"]}',
    '/search?delimiter=/&after=c/d&reverse=true': '{"keys":["b"],"prefixes":["a/"]}',
    '/search?delimiter=/&after=c/d/e&reverse=true': '{"keys":["b"],"prefixes":["a/"]}',
    '/search?delimiter=/&after=c/d&reverse=true&suffix=4': '{"keys":[],"prefixes":[]}',
    '/search?delimiter=/&after=a/1&reverse=true&suffix=3': '{"keys":[],"prefixes":[]}',
    '/search?prefix=a/&delimiter=/&after=a/b/3&reverse=true': '{"keys":["a/2","a/1"],"prefixes":[]}',
    '/search?delimiter=/&after=b&count=true': '{"count":2}',
  };
  for (const [target, text] of Object.entries(answers)) {
    for (const again of [1, 2, 3]) t.is(await textOf(service, target), text, `${target} ${again}`);
  }
  const asLines = { Accept: 'application/x-ndjson' };
  t.is(
    (await textOf(service, '/?delimiter=/&count=true', asLines)).replace(/"revision":\d+/g, '"revision":N'),
    '{"prefix":"a/"}\n{"key":"b","value":4,"revision":N}\n{"prefix":"c/"}\n{"key":"d","value":7,"revision":N}\n{"count":4}\n',
  );
});

contractTest('pages count keys and prefixes alike, in one order, and links keep every parameter', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, files);
  const texts: string[] = [];
  const links: unknown[] = [];
  const first = '/search?prefix=&delimiter=%2F&contains=&reverse=true&limit=1&consistency=stale';
  await call(service, '/search?prefix=d');
  for (let target: string | undefined = first; target !== undefined; ) {
    const answer = await call(service, target);
    texts.push(answer.text);
    links.push(answer.headers.link);
    target = nextTarget(answer);
  }
  t.deepEqual(texts, [
    '{"keys":["d"],"prefixes":[]}',
    '{"keys":[],"prefixes":["c/"]}',
    '{"keys":["b"],"prefixes":[]}',
    '{"keys":[],"prefixes":["a/"]}',
  ]);
  t.is(links[1], `<${first}&after=c%2F>; rel="next"`);
  t.is(links[3], undefined);
});

contractTest('a delimiter of several characters and bytes', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { 'a::b': 1, 'a:::b': 2, 'é～1': 3, 'é～2': 4, '😀': 5, 'x\u{10ffff}1': 6, 'x\u{10ffff}2': 7 });
  const fold = (delimiter: string) => textOf(service, `/search?prefix=&delimiter=${encodeURIComponent(delimiter)}`);
  t.deepEqual(JSON.parse(await fold('::')).prefixes, ['a::']);
  t.deepEqual(JSON.parse(await fold('é～')).prefixes, ['é～']);
  t.deepEqual(JSON.parse(await fold('😀')), {
    keys: ['a:::b', 'a::b', 'x\u{10ffff}1', 'x\u{10ffff}2', 'é～1', 'é～2'],
    prefixes: ['😀'],
  });
  t.deepEqual(JSON.parse(await fold('\u{10ffff}')).prefixes, ['x\u{10ffff}']);
  t.deepEqual(JSON.parse(await fold('b')).prefixes, ['a:::b', 'a::b']);
});

contractTest('more prefixes than are gathered in memory all come, behind all keys', async (t, kind) => {
  const service = await startService(t, kind);
  const keys: string[] = [];
  for (let i = 0; i < 3000; i += 100) {
    const some = Array.from({ length: 100 }, (_, j) => `${String(i + j).padStart(4, '0')}${j % 3 === 0 ? '' : '/x'}`);
    await set(service, Object.fromEntries(some.map((key) => [key, 0])));
    keys.push(...some);
  }
  const expected = {
    keys: keys.filter((key) => !key.includes('/')),
    prefixes: keys.filter((key) => key.includes('/')).map((key) => key.slice(0, -1)),
  };
  t.true(expected.prefixes.length > 1000);
  t.deepEqual(JSON.parse(await textOf(service, '/search?delimiter=/')), expected);
  t.deepEqual(JSON.parse(await textOf(service, '/search?delimiter=/&contains=')), expected);
  t.deepEqual(JSON.parse(await textOf(service, '/search?delimiter=/&reverse=true')), {
    keys: expected.keys.toReversed(),
    prefixes: expected.prefixes.toReversed(),
  });
  t.is(await textOf(service, '/search?delimiter=/&count=true'), '{"count":3000}');
});

contractTest(
  'a page of more prefixes than are gathered otherwise ends at its limit, in every shape',
  async (t, kind) => {
    const service = await startService(t, kind);
    const keys = Array.from({ length: 1600 }, (_, i) => `p/${String(i).padStart(4, '0')}${i % 4 === 0 ? '' : '/x'}`);
    for (let i = 0; i < keys.length; i += 100) {
      await set(service, Object.fromEntries(keys.slice(i, i + 100).map((key) => [key, 0])));
    }
    const limit = 1450;
    for (const query of ['', '&reverse=true', '&contains=', '&suffix=', '&reverse=true&contains=p']) {
      const inOrder = query.includes('reverse') ? keys.toReversed() : keys;
      for (const start of ['/search?', '/search?values=true&', '/?']) {
        const first = `${start}prefix=p/&delimiter=/${query}&limit=${limit}`;
        let from = 0;
        for (let target: string | undefined = first; target !== undefined; from += limit) {
          const page = await call(service, target);
          const { keys: listed, pairs, prefixes } = JSON.parse(page.text);
          const items = inOrder.slice(from, from + limit);
          t.deepEqual(
            listed ?? Object.keys(pairs),
            items.filter((key) => !key.endsWith('/x')),
            target,
          );
          t.deepEqual(
            prefixes,
            items.filter((key) => key.endsWith('/x')).map((key) => key.slice(0, -1)),
            target,
          );
          target = nextTarget(page);
        }
        t.is(from, 2 * limit, first);
      }
    }
  },
);

contractTest('contains finds a text anywhere in keys; reverse is from the last key to the first', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, files);
  const answers = {
    '/search?contains=/': '["a/1","a/2","a/b/3","c/d/e","c/d/f"]',
    '/search?contains=/d/&prefix=c&suffix=f': '["c/d/f"]',
    '/search?contains=/d/&values=true': '{"c/d/e":5,"c/d/f":6}',
    '/search?contains=none': '[]',
    '/search?contains=D': '[]',
    '/search?contains=/&count=true': '{"count":5}',
    '/search?contains=/&limit=2&after=a/2': '["a/b/3","c/d/e"]',
    '/search?contains=/&limit=2&after=a/b/3&reverse=true': '["a/2","a/1"]',
    '/search?prefix=a/&reverse=true': '["a/b/3","a/2","a/1"]',
    '/search?prefix=a/&reverse=true&limit=1': '["a/b/3"]',
    '/search?prefix=a/&reverse=true&limit=1&values=true': '{"a/b/3":3}',
    '/search?suffix=&reverse=true&after=b': '["a/b/3","a/2","a/1"]',
    '/search?prefix=a/&suffix=2&reverse=true': '["a/2"]',
    '/search?prefix=c/&reverse=true&count=true': '{"count":2}',
    '/?reverse=true&limit=2': '{"d":7,"c/d/f":6}',
    '/?reverse=true&after=a/2': '{"a/1":1}',
    '/?suffix=3': '{"a/b/3":3}',
    '/?suffix=3&count=true': '{"count":1}',
    '/?prefix=a/&contains=/b&reverse=false': '{"a/b/3":3}',
    '/?reverse=true&count=true': '{"count":7}',
    [`/?contains=${'a'.repeat(1025)}`]: '{}',
  };
  for (const [target, text] of Object.entries(answers)) {
    for (const again of [1, 2, 3]) t.is(await textOf(service, target), text, `${target} ${again}`);
  }
});

contractTest('answers that are kept never stand for another shape, nor outlive a write', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { 'a/1': 1, 'a/2': 2 });
  const targets = {
    '/search?prefix=a/': ['["a/1","a/2"]', '["a/1"]'],
    '/search?prefix=a/&reverse=true': ['["a/2","a/1"]', '["a/1"]'],
    '/search?prefix=a/&delimiter=2': ['{"keys":["a/1"],"prefixes":["a/2"]}', '{"keys":["a/1"],"prefixes":[]}'],
    '/search?prefix=a/&contains=2': ['["a/2"]', '[]'],
    '/': ['{"a/1":1,"a/2":2}', '{"a/1":1}'],
    '/?reverse=true': ['{"a/2":2,"a/1":1}', '{"a/1":1}'],
    '/?delimiter=/': ['{"pairs":{},"prefixes":["a/"]}', '{"pairs":{},"prefixes":["a/"]}'],
    '/?contains=2': ['{"a/2":2}', '{}'],
  };
  const check = async (state: 0 | 1) => {
    for (let again = 0; again < 3; again++) {
      for (const [target, texts] of Object.entries(targets))
        t.is(await textOf(service, target), texts[state] ?? '', target);
    }
  };
  await check(0);
  const tags = new Map<string, string>();
  for (const target of Object.keys(targets)) {
    const etag = String((await call(service, target)).headers.etag);
    tags.set(target, etag);
    t.is((await call(service, target, { headers: { 'If-None-Match': etag } })).status, 304, target);
    t.is((await call(service, target, { headers: { 'If-Match': '"other-1"' } })).status, 412, target);
  }
  await call(service, '/delete', { body: '["a/2"]' });
  await check(1);
  for (const [target, etag] of tags) {
    t.is((await call(service, target, { headers: { 'If-None-Match': etag } })).status, 200, target);
  }
});

contractTest('a prefix whose keys have all expired is not listed', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await set(service, { 'b/1': 1 });
  await call(service, '/set?ttl=60', { body: '{"a/1":1,"b/0":2,"b/2":3,"c":4}' });
  t.is(await textOf(service, '/search?delimiter=/'), '{"keys":["c"],"prefixes":["a/","b/"]}');
  clock.advance(61_000);
  for (const reverse of ['', '&reverse=true', '&contains=', '&suffix=1']) {
    t.is(await textOf(service, `/search?delimiter=/${reverse}`), '{"keys":[],"prefixes":["b/"]}', reverse);
  }
  t.is(await textOf(service, '/?reverse=true'), '{"b/1":1}');
});

contractTest('what cannot be asked for is a 400 that says why', async (t, kind) => {
  const service = await startService(t, kind);
  const faults = {
    '/search?delimiter=': /delimiter.*1 to 32 characters.* 0/,
    [`/search?delimiter=${'%C3%A9'.repeat(33)}`]: /delimiter.* 33/,
    '/?delimiter=/&delimiter=/': /delimiter/,
    '/search?contains=a&contains=a': /contains/,
    '/search?prefix=a&reverse=1': /reverse.*"1"/,
    '/search?prefix=a&revers=true': /Did you mean `reverse`/,
    '/search?prefix=a&delimeter=/': /Did you mean `delimiter`/,
    '/?contain=a': /Did you mean `contains`/,
    '/?values=true': /`suffix`, `contains`, `delimiter`, `reverse`/,
    '/search?reverse=true': /at least one of/,
    '/search?delimiter=/&count=true&limit=1': /`count` goes without `limit`/,
    '/search?contains=a&count=true&values=true': /`count` goes without `values`/,
    '/?reverse=true&count=true&limit=1': /`count` goes without `limit`/,
    '/watch?delimiter=/': /delimiter/,
  };
  for (const [target, reason] of Object.entries(faults)) {
    t.regex(assertProblem(t, await call(service, target), 'invalid-query'), reason, target);
  }
  t.is(await textOf(service, `/search?delimiter=${'%C3%A9'.repeat(32)}`), '{"keys":[],"prefixes":[]}');
  t.is(await textOf(service, '/search?delimiter=%00'), '{"keys":[],"prefixes":[]}');
});
