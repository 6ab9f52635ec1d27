import { assertProblem } from '../support/assert-problem.ts';
import { type Answer, call, get, set } from '../support/call.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

type Service = Parameters<typeof call>[0];

const transact = (service: Service, transaction: object | string, headers = {}) => {
  const body = typeof transaction === 'string' ? transaction : JSON.stringify(transaction);
  return call(service, '/transaction', { body, headers });
};
const tagOf = ({ headers }: Answer) => headers.etag ?? '';

contractTest('a transaction sets and deletes at one revision, when all its conditions hold', async (t, kind) => {
  const service = await startService(t, kind);
  const before = await set(service, { stock: 1, cart: ['x'], other: true });
  const answer = await transact(service, {
    if: { stock: tagOf(before), order: null, other: '*' },
    set: { stock: 0, order: 'open' },
    delete: ['cart', 'never', 'cart'],
  });
  t.is(answer.status, 200, answer.text);
  t.is(answer.text, '{"set":2,"deleted":1}');
  t.is((await call(service, '/')).text, '{"order":"open","other":true,"stock":0}');
  for (const key of ['stock', 'order']) t.is(tagOf(await get(service, key)), tagOf(answer));
  t.is(tagOf(await get(service, 'other')), tagOf(before));
});

contractTest(
  'a transaction whose conditions fail names their keys and present ETags, and writes nothing',
  async (t, kind) => {
    const service = await startService(t, kind);
    const first = tagOf(await set(service, { a: 1, b: 1, c: 1 }));
    const second = tagOf(await set(service, { b: 2 }));
    const answer = await transact(service, {
      if: { a: first, b: first, c: null, gone: '*', never: first, free: null },
      set: { a: 9, free: 9 },
      delete: ['c'],
    });
    t.is(answer.status, 412);
    const { failed, detail, code } = JSON.parse(answer.text);
    t.is(code, 'precondition-failed');
    t.deepEqual(failed, { b: second, c: first, gone: null, never: null });
    t.is(detail, 'The conditions of "b", "c", "gone", 1 more do not hold: nothing was written.');
    t.is((await call(service, '/')).text, '{"a":1,"b":2,"c":1}');
    t.is(tagOf(await get(service, 'b')), second);
  },
);

contractTest(
  'an ETag in a condition is taken with its quotes and without; one that no key has never holds',
  async (t, kind) => {
    const service = await startService(t, kind);
    const tag = tagOf(await set(service, { a: 1 }));
    t.is((await transact(service, { if: { a: tag.slice(1, -1) } })).status, 200);
    for (const other of [`W/${tag}`, tag.replace(/"$/, '~1"'), '"x"', `"00000000-${tag.split('-')[1]}`]) {
      const answer = await transact(service, { if: { a: other }, set: { a: 2 } });
      t.is(answer.status, 412, other);
      t.deepEqual(JSON.parse(answer.text).failed, { a: tag });
    }
    t.is((await get(service, 'a')).text, '1');
  },
);

contractTest('a transaction without anything to write checks its conditions and changes nothing', async (t, kind) => {
  const service = await startService(t, kind);
  t.is((await transact(service, { if: { a: null } })).text, '{"set":0,"deleted":0}');
  const tag = tagOf(await set(service, { a: 1 }));
  const answer = await transact(service, { if: { a: tag, b: null }, set: {}, delete: [] });
  t.is(answer.text, '{"set":0,"deleted":0}');
  t.is(tagOf(answer), tag.replace(/"$/, '~0"'), 'the revision is that of the store');
  t.deepEqual(JSON.parse((await transact(service, { if: { a: null, b: '*' } })).text).failed, { a: tag, b: null });
  t.is(tagOf(await get(service, 'a')), tag);
});

contractTest('a transaction without conditions is done', async (t, kind) => {
  const service = await startService(t, kind);
  const before = tagOf(await set(service, { a: 1, b: 2 }));
  const nothing = await transact(service, { delete: ['x', 'y'] });
  t.is(nothing.text, '{"set":0,"deleted":0}');
  t.is(tagOf(nothing), before.replace(/"$/, '~0"'));
  t.is((await transact(service, { set: { c: 3 }, delete: ['a', 'x'] })).text, '{"set":1,"deleted":1}');
  t.is((await transact(service, { set: { d: 4 } })).text, '{"set":1,"deleted":0}');
  t.is((await transact(service, { delete: ['b'] })).text, '{"set":0,"deleted":1}');
  t.is((await call(service, '/')).text, '{"c":3,"d":4}');
});

contractTest('values come back token by token, and names of Object.prototype are keys', async (t, kind) => {
  const service = await startService(t, kind);
  const answer = await transact(
    service,
    '{"set": {"__proto__": 1.0, "big": 123456789012345678901234567890}, "if": {"__proto__": null}}',
  );
  t.is(answer.text, '{"set":2,"deleted":0}');
  t.is((await get(service, '__proto__')).text, '1.0');
  t.is((await get(service, 'big')).text, '123456789012345678901234567890');
  const failed = await transact(service, '{"if": {"__proto__": null}}');
  t.true(failed.text.endsWith(`"failed":{"__proto__":${JSON.stringify(tagOf(answer))}}}`), failed.text);
});

contractTest('the time to live of a transaction is that of what it sets', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  await set(service, { kept: 1 });
  t.is((await transact(service, { if: { kept: '*' }, set: { passing: 1 }, ttl: 60 })).status, 200);
  t.is((await transact(service, { set: { also: 1 }, ttl: 60, delete: ['never'] })).status, 200);
  t.is((await call(service, '/')).text, '{"also":1,"kept":1,"passing":1}');
  clock.advance(60_000);
  t.is((await call(service, '/')).text, '{"kept":1}');
  // What has expired is absent, for conditions and deletions alike.
  const failed = await transact(service, { if: { passing: '*' }, set: { kept: 2 } });
  t.deepEqual(JSON.parse(failed.text).failed, { passing: null });
  const answer = await transact(service, { if: { passing: null }, set: { passing: 2 }, delete: ['also'] });
  t.is(answer.text, '{"set":1,"deleted":0}');
  t.is((await call(service, '/')).text, '{"kept":1,"passing":2}');
});

contractTest('what is no transaction is refused with the reason, and nothing changes', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  for (const [body, reason] of [
    ['', /empty/],
    ['[]', /an array/],
    ['{}', /at least one key/],
    ['{"if":{},"set":{},"delete":[]}', /at least one key/],
    ['{"set":{"b":1},"delte":["a"]}', /no member "delte". Did you mean `delete`\?/],
    ['{"set":{"b":1},"ifs":{}}', /Did you mean `if`\?/],
    ['{"puts":{"b":1}}', /no member "puts". It has `if`, `set`, `ttl`, `delete`/],
    ['{"set":[1]}', /`set` is an object/],
    ['{"if":"a"}', /`if` is an object/],
    ['{"delete":{"a":1}}', /`delete` is an array/],
    ['{"delete":["a",1]}', /item 1/],
    ['{"if":{"a":7},"set":{"a":1}}', /that of "a" is 7/],
    ['{"if":{"a":"7"},"set":{"a":1}}', /that of "a" is "7"/],
    ['{"set":{"b":1},"delete":["a","b"]}', /"b" is in `set` and in `delete`/],
    ['{"set":{"b":1},"ttl":0}', /`ttl` is a whole number/],
    ['{"set":{"b":1},"ttl":"60"}', /`ttl` is a whole number/],
    ['{"set":{"b":1},"ttl":1.5}', /`ttl` is a whole number/],
    ['{"set":{"b":1},"ttl":315360001}', /`ttl` is a whole number/],
    ['{"delete":["a"],"ttl":60}', /`ttl` is of the pairs/],
  ] as const) {
    t.regex(assertProblem(t, await transact(service, body), 'invalid-body'), reason);
  }
  for (const body of ['{"set":{"":1}}', '{"if":{"\\u0000":null}}', '{"delete":["\\ud800"]}']) {
    assertProblem(t, await transact(service, body), 'invalid-key');
  }
  const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, null]));
  t.regex(assertProblem(t, await transact(service, { if: many }), 'invalid-body'), /at most 10000/);
  assertProblem(t, await call(service, '/transaction?ttl=5', { body: '{"set":{"b":1}}' }), 'invalid-query');
  for (const headers of [{ 'If-Match': '*' }, { 'If-None-Match': '*' }]) {
    t.regex(assertProblem(t, await transact(service, { set: { b: 1 } }, headers), 'invalid-request'), /in `if`/);
  }
  const foreign = await transact(service, { set: { b: 1 } }, { 'Sec-Fetch-Site': 'cross-site' });
  assertProblem(t, foreign, 'cross-site');
  t.is((await call(service, '/')).text, '{"a":1}');
});

contractTest('values in a transaction are nested as deep as those of a set', async (t, kind) => {
  const service = await startService(t, kind);
  const deep = (levels: number) => `{"deep":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  t.is((await set(service, deep(128))).status, 200);
  t.is((await transact(service, `{"set":${deep(128)}}`)).status, 200);
  assertProblem(t, await transact(service, `{"set":${deep(129)}}`), 'invalid-body');
});

contractTest('of transactions that race for a key one wins, and transfers lose nothing', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { from: 20, to: 0 });
  let moved = 0;
  const move = async (): Promise<void> => {
    for (;;) {
      const lines = await call(service, '/get', { body: '["from","to"]', headers: { Accept: 'application/x-ndjson' } });
      const timeline = tagOf(lines).slice(1, 9);
      const [from, to] = lines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      if (from.value === 0) return;
      const answer = await transact(service, {
        if: { from: `${timeline}-${from.revision}`, to: `${timeline}-${to.revision}` },
        set: { from: from.value - 1, to: to.value + 1 },
      });
      if (answer.status === 200) moved++;
      else t.is(answer.status, 412, answer.text);
    }
  };
  await Promise.all(Array.from({ length: 6 }, move));
  t.is(moved, 20);
  t.is((await call(service, '/')).text, '{"from":0,"to":20}');
});

contractTest('a transaction takes as many keys as a set', async (t, kind) => {
  const service = await startService(t, kind);
  const { maxPairs } = kind;
  if (maxPairs === undefined) {
    t.is(
      (await transact(service, { set: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [i, i])) })).status,
      200,
    );
    return;
  }
  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  const none = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, null]));
  t.is((await transact(service, { if: none(maxPairs), set: pairs(maxPairs) })).status, 200);
  t.is((await transact(service, { if: { a: null }, set: pairs(maxPairs) })).status, 200);
  assertProblem(t, await transact(service, { set: pairs(maxPairs), delete: ['a'] }), 'too-many-pairs');
  assertProblem(t, await transact(service, { if: none(maxPairs + 1), set: { a: 1 } }), 'too-many-pairs');
  const failed = await transact(service, { if: none(maxPairs), set: { a: 1 } });
  t.is(Object.keys(JSON.parse(failed.text).failed).length, maxPairs);
});

contractTest('a member or a condition that comes twice is refused by its name: none is dropped', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { z: 1 });
  const bodies: [string, RegExp][] = [
    ['{"if":{"z":null},"if":{},"set":{"dup":1}}', /`if` more than once/],
    ['{"if":{"z":null},"\\u0069f":{},"set":{"dup":1}}', /`if` more than once/],
    ['{"set":{"dup":1},"set":{"b":2}}', /`set` more than once/],
    ['{"set":{"dup":1},"ttl":1,"ttl":100}', /`ttl` more than once/],
    ['{"delete":["z"],"delete":[]}', /`delete` more than once/],
    ['{"if":{"z":null,"\\u007a":"*"},"set":{"dup":1}}', /the key "z" more than once/],
    ['{"sett":{},"sett":{}}', /no member "sett"/],
  ];
  for (const [body, detail] of bodies) {
    const answer = await transact(service, body);
    assertProblem(t, answer, 'invalid-body');
    t.regex(JSON.parse(answer.text).detail, detail, body);
  }
  t.is((await call(service, '/')).text, '{"z":1}');
  // As in a set.
  t.is((await transact(service, '{"set":{"z":2,"z":3}}')).status, 200);
  t.is((await get(service, 'z')).text, '3');
});
