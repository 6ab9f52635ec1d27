import { Problem, type ProblemCode, problems } from '@kvstore/core/problem.ts';
import test from 'ava';
import type { Store } from '../../src/store/store.ts';
import { around } from '../support/around.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { errorsIn, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// How an error is rendered is the same for every kind; each kind's own errors are tested with it.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

/** A store whose writes, snapshots and barriers fail. */
function failing(error: () => unknown): (store: Store) => Store {
  return (store) =>
    around(store, {
      barrier: () => Promise.reject(error()),
      set: () => Promise.reject(error()),
      snapshot: () => {
        throw error();
      },
    });
}

test("what the store refuses is the answer, with the store's words", async (t) => {
  const codes: readonly ProblemCode[] = [
    'too-many-pairs',
    'overloaded',
    'unavailable',
    'outcome-unknown',
    'storage-full',
  ];
  for (const code of codes) {
    const error = () =>
      new Problem(code, `It is ${code}.`, { headers: { 'Retry-After': '7' }, cause: new Error('secret') });
    const service = await startService(t, kind, { around: failing(error) });
    for (const answer of [
      await set(service, { a: 1 }),
      await call(service, '/'),
      await call(service, '/get/a'),
      await call(service, '/search?prefix=a'),
      await call(service, '/?consistency=stale'),
    ]) {
      t.is(assertProblem(t, answer, code), `It is ${code}.`);
      t.is(answer.headers['retry-after'], '7');
      t.false(answer.text.includes('secret'));
    }
    t.is((await call(service, '/livez')).status, 200);
  }
});

test('an unexpected error is a 500 that is logged and shows no detail', async (t) => {
  const service = await startService(t, kind, { around: failing(() => new Error('secret')) });
  for (const answer of [await set(service, { a: 1 }), await call(service, '/'), await call(service, '/get/a')]) {
    assertProblem(t, answer, 'internal');
    t.is(JSON.parse(answer.text).detail, 'The service failed at this request; its log says why.');
    t.false(answer.text.includes('secret'));
  }
  t.is(service.logged.length, 3);
  for (const line of service.logged) {
    t.is(line.level, 50);
    t.true(JSON.stringify(line.err).includes('secret'));
  }
  t.deepEqual(
    service.logged.map((line) => [line['http.request.method'], line['http.route']]),
    [
      ['POST', '/set'],
      ['GET', '/'],
      ['GET', '/get/{key}'],
    ],
  );
});

test('what a client did wrong is not logged', async (t) => {
  const service = await startService(t, kind);
  await call(service, '/get/missing');
  await call(service, '/unknown');
  await set(service, 'x');
  t.deepEqual(errorsIn(service), []);
});

test('an error in the midst of a stream cuts it', async (t) => {
  const value = 'x'.repeat(100_000);
  const broken = (): Partial<Store> => ({
    barrier: () => undefined,
    snapshot: () => ({
      get: () => undefined,
      expires: () => undefined,
      lastExpired: () => undefined,
      revision: () => 1,
      keys: () => [],
      search: () => [],
      close: () => {},
      *pairs() {
        for (let i = 0; i < 5; i++) yield { key: `k${i}`, value: `"${value}"`, version: 1 };
        throw new Error('the disk is gone');
      },
    }),
  });
  const service = await startService(t, kind, { around: (store) => around(store, broken()) });
  await t.throwsAsync(call(service, '/'), { message: /aborted|hang up|ECONNRESET/ });
  t.is(service.logged.length, 1);
  t.is((await call(service, '/livez')).status, 200);
});

test('every code has a status, a title of its own, and says what to do', (t) => {
  for (const [code, { status, title, action }] of Object.entries(problems)) {
    t.regex(code, /^[a-z]+(-[a-z]+)*$/);
    t.true(status >= 400 && status < 600, code);
    t.regex(title, /^[A-Z].*[^.]$/, code);
    t.regex(action, /^[A-Z].*\.$/, code);
  }
  t.is(new Set(Object.values(problems).map(({ title }) => title)).size, Object.keys(problems).length);
});
