/** Tokens that are limited to prefixes: what each route shows them, and what it refuses. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareKeys } from '@kvstore/core/key.ts';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { followInterval } from '../../src/followed-files.ts';
import { api, type OperationName } from '../../src/site/openapi/api.ts';
import { itemOf } from '../../src/store/fold.ts';
import { anyFilter, anyKey } from '../support/arbitraries.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, nextTarget, set } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PairModel } from '../support/pair-model.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { type Service, type ServiceOptions, startService } from '../support/start-service.ts';
import { contractTest, type StoreKind } from '../support/store-kinds.ts';
import { bearer, digestOf, someTokens, writer } from '../support/tokens.ts';

const limitedText = 'limited-token.0123456789';
const otherText = 'other-token.0123456789';
const all = bearer(writer);
const limited = bearer(limitedText);
const other = bearer(otherText);

const entry = (name: string, token: string, prefixes: readonly string[] | undefined, rest: object = {}) =>
  JSON.stringify({ name, digest: digestOf(token), may: 'write', prefixes, ...rest });
const tokensFor = (prefixes: readonly string[]) =>
  [`rw shop ${digestOf(writer)}`, entry('team-a', limitedText, prefixes), entry('team-b', otherText, ['b/'])].join(
    '\n',
  );

/** Keys of two teams, and one that begins like a team's prefix. */
const pairs = { 'a/1': 1, 'a/2': 'two', 'b/1': 'secret', 'b/2': 'secret', b: 'secret' };

async function startLimited(t: ExecutionContext, kind: StoreKind, options: ServiceOptions = {}): Promise<Service> {
  const service = await startService(t, kind, {
    tokens: await someTokens(t, { text: tokensFor(['a/', 'c']) }),
    ...options,
  });
  t.is((await set(service, pairs, { headers: all })).status, 200);
  return service;
}

type Check = (t: ExecutionContext, service: Service) => Promise<void>;

const isOpen =
  (path: string): Check =>
  async (t, service) => {
    const answer = await call(service, path, { headers: limited });
    t.is(answer.status, 200);
    t.notRegex(answer.text, /secret|"b\//);
  };

/** Nothing outside has changed. */
async function assertUntouched(t: ExecutionContext, service: Service): Promise<void> {
  for (const key of ['b/1', 'b/2', 'b']) t.is((await get(service, key, { headers: all })).text, '"secret"', key);
}

/** The same answer for a key outside that is there and for one that is not. */
async function assertOutside(t: ExecutionContext, ask: (key: string) => ReturnType<typeof call>): Promise<void> {
  const [there, missing] = [await ask('b/1'), await ask('b/9')];
  const detail = assertProblem(t, there, 'outside-prefixes');
  t.is(detail, 'The token reaches keys that begin with "a/", "c"; "b/1" does not.');
  t.is(there.headers['www-authenticate'], 'Bearer realm="kvstore", error="insufficient_scope"');
  t.is(missing.text, there.text.replace('b/1', 'b/9'));
  const steady = ({ headers }: typeof there) => ({ ...headers, date: '' });
  t.deepEqual(steady(missing), steady(there));
}

/** Every route is here: one that is added has no entry, and fails the test below until its rule is written down. */
const checks: Readonly<Record<OperationName, Check>> = {
  async dump(t, service) {
    t.is((await call(service, '/', { headers: limited })).text, '{"a/1":1,"a/2":"two"}');
    t.is((await call(service, '/?count=true', { headers: limited })).text, '{"count":2}');
    t.is((await call(service, '/?prefix=b', { headers: limited })).text, '{}');
    const lines = await call(service, '/?count=true', { headers: { ...limited, Accept: 'application/x-ndjson' } });
    t.regex(lines.text, /^\{"key":"a\/1".*\n\{"key":"a\/2".*\n\{"count":2\}\n$/);
    const first = await call(service, '/?limit=1', { headers: limited });
    t.is(first.text, '{"a/1":1}');
    const second = await call(service, nextTarget(first) ?? '', { headers: limited });
    t.is(second.text, '{"a/2":"two"}');
    t.is(nextTarget(second), undefined, 'that there are keys of others behind is not shown');
  },
  async get(t, service) {
    t.is((await get(service, 'a/1', { headers: limited })).text, '1');
    assertProblem(t, await get(service, 'a/9', { headers: limited }), 'key-not-found');
    await assertOutside(t, (key) => get(service, key, { headers: limited }));
    await assertOutside(t, (key) => get(service, key, { headers: { ...limited, 'If-None-Match': '*' } }));
    await assertOutside(t, (key) => get(service, key, { headers: { ...limited, 'If-Match': '*' } }));
    t.is((await get(service, 'b/1', { headers: limited, method: 'HEAD' })).status, 403);
  },
  async getMany(t, service) {
    const many = (keys: readonly string[]) => call(service, '/get', { headers: limited, body: JSON.stringify(keys) });
    t.is((await many(['a/1', 'a/9'])).text, '{"a/1":1}');
    await assertOutside(t, (key) => many(['a/1', key]));
    const most = Array.from({ length: 5000 }, (_, i) => `a/${i}`);
    await assertOutside(t, (key) => many([...most, key]));
  },
  async deleteOne(t, service) {
    await assertOutside(t, (key) =>
      call(service, `/get/${encodeURIComponent(key)}`, { method: 'DELETE', headers: limited }),
    );
    t.is((await call(service, '/get/a%2F1', { method: 'DELETE', headers: limited })).status, 204);
  },
  async set(t, service) {
    await assertOutside(t, (key) => set(service, { 'a/1': 5, [key]: 5 }, { headers: limited }));
    await assertOutside(t, (key) => set(service, { [key]: 5 }, { headers: { ...limited, 'If-None-Match': '*' } }));
    await assertOutside(t, (key) => set(service, { [key]: 5 }, { headers: { ...limited, 'If-Match': '*' } }));
    t.is((await get(service, 'a/1', { headers: all })).text, '1', 'all or none');
    t.is((await set(service, { 'a/1': 5, c: 6 }, { headers: limited })).status, 200);
  },
  async search(t, service) {
    for (const [query, found] of [
      ['prefix=', '["a/1","a/2"]'],
      ['prefix=a', '["a/1","a/2"]'],
      ['prefix=a/2', '["a/2"]'],
      ['prefix=b', '[]'],
      ['suffix=1', '["a/1"]'],
      ['prefix=&suffix=1', '["a/1"]'],
      ['suffix=1&values=true', '{"a/1":1}'],
      ['prefix=&count=true', '{"count":2}'],
      ['suffix=1&count=true', '{"count":1}'],
      ['prefix=&after=a/1', '["a/2"]'],
      ['prefix=&limit=2', '["a/1","a/2"]'],
      ['contains=1', '["a/1"]'],
      ['prefix=&reverse=true', '["a/2","a/1"]'],
      ['delimiter=/', '{"keys":[],"prefixes":["a/"]}'],
      ['delimiter=1&reverse=true&count=true', '{"count":2}'],
    ] as const) {
      const answer = await call(service, `/search?${query}`, { headers: limited });
      t.is(answer.text, found, query);
      t.is(nextTarget(answer), undefined, query);
    }
  },
  async deleteMany(t, service) {
    const many = (keys: readonly string[]) =>
      call(service, '/delete', { headers: limited, body: JSON.stringify(keys) });
    await assertOutside(t, (key) => many(['a/1', key]));
    t.is((await many(['a/1', 'a/9'])).text, '{"deleted":1}');
  },
  async transaction(t, service) {
    const run = (parts: object) =>
      call(service, '/transaction', { headers: limited, body: JSON.stringify({ set: { 'a/1': 5 }, ...parts }) });
    for (const condition of [null, '*', '"k3f9a2xq-1"'])
      await assertOutside(t, (key) => run({ if: { [key]: condition } }));
    await assertOutside(t, (key) => run({ set: { 'a/1': 5, [key]: 5 } }));
    await assertOutside(t, (key) => run({ delete: [key] }));
    t.is((await get(service, 'a/1', { headers: all })).text, '1', 'all or nothing');
    t.is((await run({ if: { 'a/1': '*', 'a/9': null }, delete: ['a/2'] })).status, 200);
  },
  async increment(t, service) {
    const add = (amounts: object) => call(service, '/increment', { headers: limited, body: JSON.stringify(amounts) });
    await assertOutside(t, (key) => add({ 'a/1': 1, [key]: 1 }));
    t.is((await add({ 'a/1': 1, 'c/new': 2 })).text, '{"a/1":2,"c/new":2}');
  },
  async watch(t, service) {
    const watch = await openEvents(t, service, '/watch', limited);
    const narrow = await openEvents(t, service, '/watch?prefix=b', limited);
    await waitFor('the watches', () => watch.comments() + narrow.comments() === 2);
    await set(service, { 'b/1': 'secret' }, { headers: all });
    await set(service, { 'b/2': 'secret', 'a/1': 2, b: 'secret', c: 3 }, { headers: all });
    await set(service, { 'a/3': 3 }, { headers: all });
    const seen = (events: readonly { readonly data: string }[]) => events.map(({ data }) => JSON.parse(data).key);
    t.deepEqual(seen(await watch.until(3)), ['a/1', 'c', 'a/3']);
    t.deepEqual(narrow.events, []);
    t.notRegex(JSON.stringify(watch.events), /secret/);
    const ids = watch.events.map(({ id }) => id);
    t.regex(ids[0] ?? '', /\.0$/, 'it counts what the token sees');
    for (const [i, id] of ids.slice(0, 2).entries()) {
      const resumed = await openEvents(t, service, '/watch', { ...limited, 'Last-Event-ID': id });
      t.deepEqual(seen(await resumed.until(2 - i)), ['c', 'a/3'].slice(i), 'none missed or doubled');
    }
    t.is((await call(service, '/watch', { method: 'HEAD', headers: limited })).status, 200);
  },
  async whoAmI(t, service) {
    const answer = await call(service, '/whoami', { headers: limited });
    t.deepEqual(JSON.parse(answer.text), {
      name: 'team-a',
      may: 'write',
      prefixes: ['a/', 'c'],
      expires: null,
      limits: null,
    });
    t.is(answer.headers['cache-control'], 'no-store');
  },
  live: isOpen('/livez'),
  ready: isOpen('/readyz'),
  metrics: isOpen('/metrics'),
  openApi: isOpen('/openapi.json'),
};

test('every route of the API has a rule for limited tokens', (t) => {
  t.deepEqual(Object.keys(checks).sort(), Object.keys(api).sort());
});

for (const [name, check] of Object.entries(checks)) {
  contractTest(`a limited token sees and changes its own keys alone: ${name}`, async (t, kind) => {
    const service = await startLimited(t, kind);
    // What others have asked before is kept ready, for them.
    for (const headers of [all, other, all, other]) {
      for (const path of ['/', '/get/b%2F1', '/search?prefix=', '/search?suffix=1&values=true', '/?limit=1']) {
        await call(service, path, { headers });
      }
    }
    await check(t, service);
    await assertUntouched(t, service);
  });
}

contractTest('what one token was answered is never the answer to another', async (t, kind) => {
  const service = await startLimited(t, kind);
  const asked = ['/', '/?prefix=', '/?limit=9', '/search?prefix=', '/search?suffix=1', '/search?prefix=&values=true'];
  const forms: readonly Readonly<Record<string, string>>[] = [
    {},
    { Accept: 'application/x-ndjson' },
    { 'Accept-Encoding': 'gzip' },
  ];
  for (let round = 0; round < 3; round++) {
    for (const path of asked) {
      for (const form of forms) {
        const tags = new Set<string | undefined>();
        for (const [token, mine, others] of [
          [all, /a\/1/, /never/],
          [limited, /a\/1/, /b\//],
          [other, /b\/1/, /a\//],
        ] as const) {
          const answer = await call(service, path, { headers: { ...token, ...form } });
          t.regex(answer.text, mine, path);
          t.notRegex(answer.text, others, path);
          tags.add(answer.headers.etag);
          const known = { 'If-None-Match': answer.headers.etag ?? '' };
          t.is((await call(service, path, { headers: { ...token, ...form, ...known } })).status, 304, path);
        }
        t.is(tags.size, 3, `${path}: no tag stands for what another token sees`);
      }
    }
  }
});

contractTest("another's expiry shows in no entity tag as a time", async (t, kind) => {
  const clock = new SettableClock();
  const service = await startLimited(t, kind, { clock });
  t.is((await call(service, '/set?ttl=100', { headers: all, body: '{"b/3":1}' })).status, 200);
  const line = await call(service, '/?prefix=b/3', { headers: { ...all, Accept: 'application/x-ndjson' } });
  const { expires } = JSON.parse(line.text);
  clock.advance(200_000);
  const etags = await Promise.all(
    [all, limited].map(async (headers) => (await call(service, '/', { headers })).headers.etag ?? ''),
  );
  t.regex(etags[1] ?? '', /^"[0-9a-z]{8}-\d+\+\d{1,15}"$/);
  t.false(etags[1]?.includes(String(expires)));
});

contractTest('any keys, any prefixes: a limited token sees what a naive filter leaves', async (t, kind) => {
  const file = join(temporaryFolder(t), 'tokens');
  const clock = new ManualClock();
  const tokens = await someTokens(t, { text: tokensFor(['never']), clock, file });
  const service = await startService(t, kind, { tokens });
  const model = new PairModel();
  let version = 0;
  const prefixes = fc.uniqueArray(
    anyFilter.filter((text) => text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= 1024),
    { minLength: 1, maxLength: 4 },
  );
  const filter = fc.record(
    {
      ...{ prefix: anyFilter, suffix: anyFilter, contains: anyFilter.filter((text) => text !== ''), after: anyKey },
      ...{
        limit: fc.integer({ min: 1, max: 4 }),
        reverse: fc.constant(true),
        delimiter: fc.constantFrom('a', '/', '%'),
      },
    },
    { requiredKeys: [] },
  );
  const run = fc.asyncProperty(
    fc.uniqueArray(anyKey, { minLength: 1, maxLength: 8 }),
    prefixes,
    fc.array(filter, { minLength: 1, maxLength: 3 }),
    async (keys, reached, filters) => {
      const has = (key: string) => reached.some((prefix) => key.startsWith(prefix));
      const value = String(model.values.size);
      const body = `{${keys.map((key) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
      // The tokens of this run, in force before it goes on.
      await writeFile(file, `# ${++version}\n${tokensFor(reached)}`);
      const before = tokens.use(limitedText);
      clock.pass(followInterval);
      await waitFor('the tokens of this run', () => tokens.use(limitedText) !== before);
      const refused = await set(service, body, { headers: limited });
      if (!keys.every(has)) assertProblem(t, refused, 'outside-prefixes');
      else t.is(refused.status, 200);
      t.is((await set(service, body, { headers: all })).status, 200);
      for (const key of keys) model.values.set(key, value);
      for (const key of keys) {
        const answer = await get(service, key, { headers: limited });
        if (has(key)) t.is(answer.text, model.values.get(key) ?? '');
        else assertProblem(t, answer, 'outside-prefixes');
      }
      t.is((await call(service, '/', { headers: limited })).text, model.text(model.keys().filter(has)));
      for (const { limit, delimiter, after, ...wanted } of filters) {
        const { prefix = '', suffix = '', contains = '', reverse = false } = wanted;
        const query = new URLSearchParams({ prefix });
        for (const [name, value] of Object.entries({ suffix, contains, after, delimiter })) {
          if (value !== undefined && value !== '') query.set(name, value);
        }
        if (reverse) query.set('reverse', 'true');
        const fold = delimiter === undefined ? undefined : { delimiter, from: prefix.length };
        const holding = model.keys({ prefix, suffix }).filter((key) => key.includes(contains) && has(key));
        const items = [...new Set(holding.map((key) => itemOf(key, fold)))];
        const passed = after === undefined ? undefined : itemOf(after, fold);
        const expected = (reverse ? items.reverse() : items).filter(
          (item) => passed === undefined || (reverse ? compareKeys(item, passed) < 0 : compareKeys(item, passed) > 0),
        );
        const count = await call(service, `/search?${query}&count=true`, { headers: limited });
        t.is(count.text, `{"count":${expected.length}}`, `${query}`);
        if (limit !== undefined) query.set('limit', String(limit));
        const found: string[] = [];
        for (let target: string | undefined = `/search?${query}`; target !== undefined; ) {
          const page = await call(service, target, { headers: limited });
          const answer = JSON.parse(page.text);
          const inPage: string[] = fold === undefined ? answer : [...answer.prefixes, ...answer.keys];
          // Prefixes and keys come apart from each other.
          found.push(...(fold === undefined ? inPage : inPage.sort((a, b) => compareKeys(a, b) * (reverse ? -1 : 1))));
          target = nextTarget(page);
        }
        t.deepEqual(found, expected, `${query}`);
      }
    },
  );
  await fc.assert(run, { numRuns: 30 });
});

contractTest(
  'a watch by a limited token delivers what a naive filter leaves, also resumed at any event',
  async (t, kind) => {
    const service = await startService(t, kind, { tokens: await someTokens(t, { text: tokensFor(['a', 'c']) }) });
    const key = fc.constantFrom('a', 'a/1', 'b', 'b/1', 'c', 'd', 'ab');
    const run = fc.asyncProperty(
      fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 }),
      async (sets) => {
        const watch = await openEvents(t, service, '/watch', limited);
        await waitFor('the watch', () => watch.comments() > 0);
        for (const keys of sets) {
          const body = `{${keys.map((each) => `"${each}":1`).join(',')}}`;
          t.is((await set(service, body, { headers: all })).status, 200);
        }
        await set(service, { 'a/last': 1 }, { headers: all });
        const expected = [...sets.flat().filter((each) => /^[ac]/.test(each)), 'a/last'];
        const keysOf = (events: readonly { readonly data: string }[]) => events.map(({ data }) => JSON.parse(data).key);
        const events = await watch.until(expected.length);
        t.deepEqual(keysOf(events), expected);
        const middle = Math.floor((events.length - 1) / 2);
        const resumed = await openEvents(t, service, '/watch', {
          ...limited,
          'Last-Event-ID': events[middle]?.id ?? '',
        });
        if (middle + 1 < expected.length) {
          t.deepEqual(keysOf(await resumed.until(expected.length - middle - 1)), expected.slice(middle + 1));
        }
        watch.response.destroy();
        resumed.response.destroy();
      },
    );
    await fc.assert(run, { numRuns: 15 });
  },
);

contractTest('a token that has expired is refused with the reason, and its watch ends', async (t, kind) => {
  const clock = new ManualClock();
  const expires = new Date(clock.wall() + 10_000).toISOString();
  const text = `rw shop ${digestOf(writer)}\n${entry('team-a', limitedText, ['a/'], { expires })}`;
  const service = await startService(t, kind, { tokens: await someTokens(t, { text, clock }) });
  t.is(JSON.parse((await call(service, '/whoami', { headers: limited })).text).expires, expires);
  const watch = await openEvents(t, service, '/watch', limited);
  await waitFor('the watch', () => watch.comments() === 1);
  clock.pass(10_000);
  await waitFor('its end', () => watch.ended());
  t.regex(JSON.stringify(watch.events), /error.*unauthorized/);
  const answer = await call(service, '/', { headers: limited });
  t.is(assertProblem(t, answer, 'unauthorized'), `The token "team-a" has expired at ${expires}.`);
  t.is(answer.headers['www-authenticate'], 'Bearer realm="kvstore", error="invalid_token"');
});

contractTest('a watch ends when its token reaches other keys', async (t, kind) => {
  const clock = new ManualClock();
  const file = join(temporaryFolder(t), 'tokens');
  const service = await startService(t, kind, {
    tokens: await someTokens(t, { text: tokensFor(['a/']), clock, file }),
  });
  const watch = await openEvents(t, service, '/watch', limited);
  const kept = await openEvents(t, service, '/watch', other);
  await waitFor('the watches', () => watch.comments() + kept.comments() === 2);
  await writeFile(file, tokensFor(['c/']));
  clock.pass(followInterval);
  await waitFor('the end', () => watch.ended());
  t.false(kept.ended());
  t.is((await set(service, { 'a/1': 1 }, { headers: limited })).status, 403);
});

contractTest(
  'whoami says what a token may do, and that everything is allowed where none is needed',
  async (t, kind) => {
    const open = await startService(t, kind);
    const everything = { name: null, may: 'write', prefixes: null, expires: null, limits: null };
    t.deepEqual(JSON.parse((await call(open, '/whoami')).text), everything);
    const service = await startService(t, kind, { tokens: await someTokens(t) });
    const answer = await call(service, '/whoami', { headers: bearer('reader-token.0123456789') });
    t.deepEqual(JSON.parse(answer.text), { ...everything, name: 'dashboard', may: 'read' });
    assertProblem(t, await call(service, '/whoami'), 'unauthorized');
  },
);

contractTest('a limited token waits for its own keys alone', async (t, kind) => {
  const service = await startLimited(t, kind);
  for (const key of ['b/1', 'b/none', 'd']) {
    assertProblem(t, await call(service, `/get/${key}?wait=60`, { headers: limited }), 'outside-prefixes');
  }
  const { etag = '' } = (await get(service, 'a/1', { headers: limited })).headers;
  const answer = call(service, '/get/a/1?wait=60', { headers: { ...limited, 'If-None-Match': etag } });
  const waits = async () => /^kvstore_waiting_reads 1$/m.test(await service.registry.metrics());
  await waitFor('it waits', waits);
  await set(service, { 'b/1': 'secret' }, { headers: all });
  t.true(await waits());
  await set(service, { 'a/1': 'new' }, { headers: all });
  t.is((await answer).text, '"new"');
});
