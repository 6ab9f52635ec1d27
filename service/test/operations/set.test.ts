import { maxDepth } from '@kvstore/core/json-members.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const example = '{"abc-1":1,"abc-2":2,"xyz-1":"three","xyz-2":4}';

contractTest('a set answers with the pairs that were set and the revision they have', async (t, kind) => {
  const service = await startService(t, kind);
  const first = await set(service, example);
  t.is(first.status, 200);
  t.is(first.text, example);
  t.is(first.headers['content-type'], 'application/json');
  const second = await set(service, { other: null });
  t.is(second.text, '{"other":null}', 'not the whole store');
  const revision = (etag: string | undefined) => Number(/^"[0-9a-z]{8}-(\d+)"$/.exec(etag ?? '')?.[1]);
  t.true(revision(second.headers.etag) > revision(first.headers.etag));
  t.is((await get(service, 'abc-2')).headers.etag, first.headers.etag);
  t.is((await get(service, 'other')).headers.etag, second.headers.etag);
});

contractTest('a body is read as JSON whatever its Content-Type says', async (t, kind) => {
  const service = await startService(t, kind);
  const types = [
    undefined,
    '',
    'foo',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'multipart/form-data; boundary=x',
    'text/plain;;;',
  ];
  for (const [i, type] of types.entries()) {
    const answer = await set(
      service,
      { [`é${i}`]: 'ü' },
      { headers: type === undefined ? {} : { 'Content-Type': type } },
    );
    t.is(answer.text, `{"é${i}":"ü"}`, `Content-Type: ${type}`);
  }
});

contractTest('the tokens of a value come back as they were sent', async (t, kind) => {
  const service = await startService(t, kind);
  const values = {
    big: '101660004000155481467',
    point: '1.0',
    huge: '1e400',
    negative: '-0',
    exponent: '1E+05',
    digits: '"12345678901234567890"',
    object: '"{}"',
    escapes: '"\\u0041\\/\\ud83d\\ude00 \\ud800"',
    order: '{"b":1,"a":2,"b":3,"10":1,"9":2}',
    nested: '[[],{},[{"x":[1.50]}],null,true,false,""]',
  };
  const body = `{${Object.entries(values)
    .map(([key, value]) => `"${key}":${value}`)
    .join(',')}}`;
  t.is((await set(service, body)).text, body);
  for (const [key, value] of Object.entries(values)) t.is((await get(service, key)).text, value);
  const dump = await call(service, '/');
  for (const [key, value] of Object.entries(values)) t.true(dump.text.includes(`"${key}":${value}`), key);
});

contractTest('white space between tokens goes, inside strings it stays', async (t, kind) => {
  const service = await startService(t, kind);
  const answer = await set(service, ' \r\n{ "a b" :\t[ 1 , " x\\" [ " ,\n{ "k" : 2 } ] , "c":3 }\n ');
  t.is(answer.text, '{"a b":[1," x\\" [ ",{"k":2}],"c":3}');
  t.is((await get(service, 'a b')).text, '[1," x\\" [ ",{"k":2}]');
});

contractTest('the last of equal keys counts, however it is written', async (t, kind) => {
  const service = await startService(t, kind);
  t.is((await set(service, '{"a":1,"b":2,"\\u0061":3}')).text, '{"a":3,"b":2}');
  t.is((await get(service, 'a')).text, '3');
});

contractTest('names of Object.prototype are ordinary keys', async (t, kind) => {
  const service = await startService(t, kind);
  for (const key of ['toString', '__proto__', 'constructor', 'hasOwnProperty']) {
    assertProblem(t, await get(service, key), 'key-not-found');
  }
  const body = '{"__proto__":1,"constructor":2,"toString":3}';
  t.is((await set(service, body)).text, body);
  t.is((await get(service, '__proto__')).text, '1');
  t.is((await get(service, 'constructor')).text, '2');
  t.is((await get(service, 'toString')).text, '3');
  t.is((await call(service, '/')).text, body);
  t.is((await call(service, '/search?prefix=__p')).text, '["__proto__"]');
  t.is((await set(service, '{"v":{"__proto__":{"x":1}}}')).text, '{"v":{"__proto__":{"x":1}}}');
});

contractTest('a body that is no object of pairs is refused with the reason, and nothing changes', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, example);
  const before = await call(service, '/');
  const bodies: readonly (readonly [string, RegExp])[] = [
    ['"x"', /a string/],
    ['1', /a number/],
    ['true', /a boolean/],
    ['[]', /an array/],
    ['[{"a":1}]', /an array/],
    ['null', /null/],
    ['', /empty/],
    [' \n', /empty/],
    ['{', /not JSON/],
    ['{"a":1', /not JSON/],
    ['{"a":1}x', /not JSON/],
    ['{"a":1,}', /not JSON/],
    ["{'a':1}", /not JSON/],
    ['{"a":01}', /not JSON/],
    ['{"a":NaN}', /not JSON/],
    ['{"a":"\u0001"}', /not JSON/],
    ['a=1', /not JSON/],
    ['{}', /at least one pair/],
  ];
  for (const [body, reason] of bodies) {
    t.regex(assertProblem(t, await set(service, body), 'invalid-body'), reason, body);
  }
  const notUtf8 = await call(service, '/set', { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) });
  t.regex(assertProblem(t, notUtf8, 'invalid-body'), /not UTF-8/);
  const after = await call(service, '/');
  t.is(after.text, before.text);
  t.is(after.headers.etag, before.headers.etag);
});

contractTest('one pair that is refused refuses them all', async (t, kind) => {
  const service = await startService(t, kind);
  const tooLong = 'é'.repeat(513);
  assertProblem(t, await set(service, { good: 1, [tooLong]: 2 }), 'invalid-key');
  assertProblem(t, await set(service, { good: 1, '': 2 }), 'invalid-key');
  t.is((await call(service, '/')).text, '{}');
});

contractTest('a key is measured in bytes of UTF-8, and has at least one', async (t, kind) => {
  const service = await startService(t, kind);
  const fits = ['é'.repeat(512), 'a'.repeat(1024), '😀'.repeat(256), '€'.repeat(341)];
  for (const key of fits) {
    t.is((await set(service, { [key]: 1 })).status, 200);
    t.is((await get(service, key)).text, '1');
  }
  const tooLong = ['é'.repeat(513), `a${'é'.repeat(512)}`, 'a'.repeat(1025), '😀'.repeat(257), '€'.repeat(342)];
  for (const key of tooLong) {
    const bytes = Buffer.byteLength(key);
    for (const answer of [await set(service, { [key]: 1 }), await get(service, key)]) {
      const detail = assertProblem(t, answer, 'invalid-key');
      t.true(detail.includes('1024') && detail.includes(String(bytes)), detail);
    }
  }
  for (const refused of ['{"":1}', '{"a\\u0000b":1}', '{"\\ud800":1}', '{"\\udc00\\ud800":1}']) {
    assertProblem(t, await set(service, refused), 'invalid-key');
  }
  assertProblem(t, await call(service, '/get/'), 'invalid-key');
  assertProblem(t, await call(service, '/get/a%00'), 'invalid-key');
});

contractTest('objects and arrays may lie 128 deep, not deeper', async (t, kind) => {
  const service = await startService(t, kind);
  const nested = (levels: number, [open, close]: readonly [string, string]) =>
    `{"deep":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`;
  for (const brackets of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const fits = nested(maxDepth, brackets);
    t.is((await set(service, fits)).text, fits);
    t.regex(assertProblem(t, await set(service, nested(maxDepth + 1, brackets)), 'invalid-body'), /128/);
  }
});

contractTest('a MiB of brackets is refused like any other fault', async (t, kind) => {
  const service = await startService(t, kind);
  const half = 512 * 1024;
  const bodies = [
    '['.repeat(2 * half),
    '{"a":'.repeat(200_000),
    '['.repeat(half) + ']'.repeat(half),
    `{"a":${'['.repeat(half - 10)}${']'.repeat(half - 10)}}`,
  ];
  for (const body of bodies) assertProblem(t, await set(service, body), 'invalid-body');
  t.is((await call(service, '/livez')).status, 200);
});

contractTest('more pairs than one transaction takes are refused, never split', async (t, kind) => {
  const service = await startService(t, kind);
  const count = kind.maxPairs ?? 20_000;
  const pairs = Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  t.is((await set(service, pairs)).status, 200);
  if (kind.maxPairs === undefined) return;
  const refused = await set(service, { ...pairs, new: 1 });
  const detail = assertProblem(t, refused, 'too-many-pairs');
  t.true(detail.includes(String(kind.maxPairs)) && detail.includes(String(kind.maxPairs + 1)), detail);
  assertProblem(t, await get(service, 'new'), 'key-not-found');
});

contractTest(
  'more bytes than one transaction takes are refused as well, though the body is not too long',
  async (t, kind) => {
    const maxBody = 4 * 1024 * 1024;
    const service = await startService(t, kind, { maxBody });
    const fits = 'x'.repeat(kind.maxSetBytes === undefined ? maxBody - 100 : kind.maxSetBytes / 2);
    t.is((await set(service, { big: fits })).status, 200);
    t.is((await get(service, 'big')).text, JSON.stringify(fits));
    if (kind.maxSetBytes === undefined) return;
    const refused = await set(service, { small: 1, bigger: 'x'.repeat(kind.maxSetBytes) });
    t.true(assertProblem(t, refused, 'body-too-large').includes(String(kind.maxSetBytes)));
    assertProblem(t, await get(service, 'small'), 'key-not-found');
  },
);

contractTest('sets that run at once are each all or none', async (t, kind) => {
  const service = await startService(t, kind);
  const names = Array.from({ length: 20 }, (_, i) => `k${i}`);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, writer) => set(service, Object.fromEntries(names.map((name) => [name, writer])))),
  );
  t.true(answers.every(({ status }) => status === 200));
  const dump: Record<string, number> = JSON.parse((await call(service, '/')).text);
  t.is(new Set(Object.values(dump)).size, 1);
});
