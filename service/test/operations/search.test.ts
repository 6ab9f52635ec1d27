import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const example = '{"abc-1":1,"abc-2":2,"xyz-1":"three","xyz-2":4}';

contractTest('keys by prefix, by suffix, and by both', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, example);
  const answers = {
    'prefix=abc': '["abc-1","abc-2"]',
    'suffix=-1': '["abc-1","xyz-1"]',
    'prefix=abc&suffix=-1': '["abc-1"]',
    'prefix=abc-1&suffix=abc-1': '["abc-1"]',
    'prefix=abc-&suffix=-1': '["abc-1"]',
    'prefix=': '["abc-1","abc-2","xyz-1","xyz-2"]',
    'suffix=': '["abc-1","abc-2","xyz-1","xyz-2"]',
    'prefix=&suffix=2': '["abc-2","xyz-2"]',
    'prefix=nothing': '[]',
    'suffix=nothing': '[]',
    'prefix=abc&suffix=nothing': '[]',
    'prefix=ABC': '[]',
    'prefix=bc': '[]',
  };
  for (const [query, text] of Object.entries(answers)) {
    const answer = await call(service, `/search?${query}`);
    t.is(answer.status, 200);
    t.is(answer.text, text, query);
    t.is(answer.headers['content-type'], 'application/json');
  }
});

contractTest('a search without prefix and suffix is a 400, on an empty store as well', async (t, kind) => {
  const service = await startService(t, kind);
  for (const query of ['', '?', '?limit=1', '?Prefix=a']) {
    assertProblem(t, await call(service, `/search${query}`), 'invalid-query');
  }
  t.is((await call(service, '/search?prefix=a')).text, '[]');
});

contractTest('filters are decoded as form data: once, + is a space', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, {
    'a.b.html': 1,
    'a?b': 2,
    'a#b': 3,
    'a+b': 4,
    'a b': 5,
    'a@b': 6,
    'a&b': 7,
    'a%2Bb': 8,
    'é/=': 9,
  });
  const answers = {
    'prefix=a.b.html': '["a.b.html"]',
    'prefix=a?b': '["a?b"]',
    'prefix=a%3Fb': '["a?b"]',
    'prefix=a%23b': '["a#b"]',
    'prefix=a%2Bb': '["a+b"]',
    'prefix=a+b': '["a b"]',
    'prefix=a%20b': '["a b"]',
    'prefix=a@b': '["a@b"]',
    'prefix=a%26b': '["a&b"]',
    'prefix=a%252Bb': '["a%2Bb"]',
    'suffix=%2Bb': '["a+b"]',
    'suffix=/=': '["é/="]',
    'prefix=%C3%A9': '["é/="]',
  };
  for (const [query, text] of Object.entries(answers))
    t.is((await call(service, `/search?${query}`)).text, text, query);
});

contractTest('a query that cannot be used is a 400 that says why', async (t, kind) => {
  const service = await startService(t, kind);
  const faults = {
    'prefix=%AF': /percent-encoded/,
    'prefix=%': /percent-encoded/,
    'prefix=a&x=%ED%A0%80': /percent-encoded/,
    'prefix=a&prefix=b': /prefix/,
    'suffix=a&suffix=a': /suffix/,
    'prefix=a&limit=0': /limit.*10000.*"0"/,
    'prefix=a&limit=10001': /10001/,
    'prefix=a&limit=-1': /limit/,
    'prefix=a&limit=1.5': /limit/,
    'prefix=a&limit=1e3': /limit/,
    'prefix=a&limit=': /limit/,
    'prefix=a&limit=%201': /limit/,
    'prefix=a&limit=1&limit=1': /limit/,
    'prefix=a&after=b&after=c': /after/,
    'prefix=a&consistency=weak': /consistency/,
  };
  for (const [query, reason] of Object.entries(faults)) {
    t.regex(assertProblem(t, await call(service, `/search?${query}`), 'invalid-query'), reason, query);
  }
  assertProblem(t, await call(service, '/search?prefix=a&after='), 'invalid-key');
  assertProblem(t, await call(service, `/search?prefix=a&after=${'a'.repeat(1025)}`), 'invalid-key');
});

contractTest('a filter longer than any key matches none', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { ['a'.repeat(1024)]: 1 });
  for (const length of [1024, 1025, 2000, 5000]) {
    for (const name of ['prefix', 'suffix']) {
      const answer = await call(service, `/search?${name}=${'a'.repeat(length)}&limit=1`);
      t.is(answer.status, 200, `${name} of ${length}`);
      t.is(JSON.parse(answer.text).length, length > 1024 ? 0 : 1);
    }
  }
  t.is((await call(service, '/search?prefix=%00')).text, '[]');
  t.is((await call(service, '/search?suffix=%00')).text, '[]');
});
