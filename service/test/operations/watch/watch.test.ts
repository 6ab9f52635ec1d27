import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import type { Store, Watcher } from '../../../src/store/store.ts';
import { around } from '../../support/around.ts';
import { assertProblem } from '../../support/assert-problem.ts';
import { call, set } from '../../support/call.ts';
import { openEvents } from '../../support/event-stream.ts';
import { samples } from '../../support/samples.ts';
import { startService } from '../../support/start-service.ts';
import { contractTest, storeKinds } from '../../support/store-kinds.ts';

/** An entity tag as an event's id. */
const idOf = (etag: string | undefined) => etag?.slice(1, -1);
/** The revision in an entity tag or an event's id. */
const revisionOf = (text: string | undefined) => Number(/-(\d+)/.exec(text ?? '')?.[1]);

contractTest('a watch reports sets and deletions as they happen, from now on', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { before: 1 });
  const watch = await openEvents(t, service, '/watch');
  t.is(watch.response.statusCode, 200);
  t.is(watch.response.headers['content-type'], 'text/event-stream');
  t.is(watch.response.headers['content-length'], undefined);
  const first = idOf((await set(service, '{"a":1.0,"é\\n":{"x":[1e400]}}')).headers.etag);
  await call(service, '/get/a', { method: 'DELETE' });
  await call(service, '/get/never', { method: 'DELETE' });
  const last = idOf((await set(service, { end: 1 })).headers.etag);
  const events = await watch.until(4);
  const data = events.map(({ data }) => data.replace(/,"revision":\d+/, ''));
  t.deepEqual(data.slice(0, 2).sort(), ['{"key":"a","value":1.0}', '{"key":"é\\n","value":{"x":[1e400]}}']);
  t.deepEqual(data.slice(2), ['{"key":"a"}', '{"key":"end","value":1}']);
  t.deepEqual(
    events.map(({ event }) => event),
    ['set', 'set', 'delete', 'set'],
  );
  t.deepEqual([events[0]?.id, events[1]?.id, events[3]?.id], [`${first}.0`, `${first}`, `${last}`]);
});

contractTest('a watch resumes behind the last event, also inside a revision', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { start: 1 });
  const whole = await openEvents(t, service, '/watch');
  for (let i = 0; i < 5; i++) await set(service, Object.fromEntries([1, 2, 3].map((j) => [`k${i}-${j}`, i])));
  const all = [...(await whole.until(15))];
  for (const [i, { id }] of all.entries()) {
    const rest = await openEvents(t, service, '/watch', { 'Last-Event-ID': id });
    t.deepEqual(await rest.until(14 - i), all.slice(i + 1), `after ${id}`);
    rest.response.destroy();
  }
  const begin = await openEvents(t, service, '/watch', { 'Last-Event-ID': whole.lastId() });
  await waitFor('there is a place to go on from before the first event', () => begin.lastId() === whole.lastId());
  t.deepEqual(begin.events, []);
});

contractTest('a watch is of the keys that it asks for', async (t, kind) => {
  const service = await startService(t, kind);
  const watch = await openEvents(t, service, '/watch?prefix=a/&suffix=-1');
  await set(service, { 'a/x-1': 1, 'a/x-2': 2, 'b/x-1': 3 });
  await call(service, '/delete', { body: '["a/x-2","a/x-1"]' });
  const events = await watch.until(2);
  t.deepEqual(
    events.map(({ event, data }) => [event, JSON.parse(data).key]),
    [
      ['set', 'a/x-1'],
      ['delete', 'a/x-1'],
    ],
  );
});

contractTest('what a watch cannot be asked for is answered at once', async (t, kind) => {
  const service = await startService(t, kind);
  for (const target of [
    '/watch?prefix=a&prefix=b',
    '/watch?suffix=a&suffix=b',
    '/watch?prefix=%AF',
    '/watch?consistency=x',
  ]) {
    assertProblem(t, await call(service, target), 'invalid-query');
  }
  const timeline = service.store.timeline();
  for (const id of [
    'x',
    '-1',
    '1.',
    '1.x',
    '1.2.3',
    '9999999999999999999',
    `${timeline}-`,
    `${timeline}-1.`,
    `${timeline}-1.2.3`,
    `${timeline}-1~`,
    `${timeline}--1`,
    `${timeline}1`,
  ]) {
    assertProblem(t, await call(service, '/watch', { headers: { 'Last-Event-ID': id } }), 'invalid-request');
  }
  const future = await call(service, '/watch', { headers: { 'Last-Event-ID': `${timeline}-999999999` } });
  assertProblem(t, future, 'history-gone');
  t.is((await call(service, '/watch', { method: 'HEAD' })).headers['content-type'], 'text/event-stream');
});

contractTest('a watch shows signs of life, and how far it has come', async (t, kind) => {
  const service = await startService(t, kind, { watches: { heartbeat: 20 } });
  const watch = await openEvents(t, service, '/watch?prefix=nothing');
  const revision = revisionOf((await set(service, { a: 1 })).headers.etag);
  await waitFor('it has come that far', () => revisionOf(watch.lastId()) >= revision);
  t.true(watch.comments() >= 2);
  t.deepEqual(watch.events, []);
});

contractTest('a watcher that takes nothing is cut off with a reason and delays no other', async (t, kind) => {
  const service = await startService(t, kind, { watches: { maxBacklog: 100_000 }, stallTimeout: 60_000 });
  const slow = await openEvents(t, service, '/watch');
  slow.response.pause();
  const quick = await openEvents(t, service, '/watch');
  const value = 'x'.repeat(50_000);
  // As much as both kernels' buffers hold, and then some; the quick one is never behind.
  for (let i = 0; i < 400; i++) {
    await set(service, { [`k${i}`]: value });
    if (i % 20 === 19) await quick.until(i + 1);
  }
  t.false(quick.ended());
  slow.response.resume();
  await waitFor('the slow one is ended', () => slow.ended());
  const last = slow.events.at(-1);
  t.is(last?.event, 'error');
  t.is(JSON.parse(last?.data ?? '{}').code, 'slow-consumer');
  t.is((await samples(service)).get('kvstore_http_problems_total{code="slow-consumer"}'), 1);
  const ids = slow.events.slice(0, -1).map(({ data }) => JSON.parse(data).key);
  t.deepEqual(
    ids,
    Array.from(ids, (_, i) => `k${i}`),
    'what it got before is without a gap',
  );
  t.true(ids.length < 400);
});

contractTest('a server that shuts down ends its watches, so that they go on elsewhere', async (t, kind) => {
  const service = await startService(t, kind);
  const watch = await openEvents(t, service, '/watch');
  service.drain.begin();
  await waitFor('it is ended', () => watch.ended());
  t.is(watch.events.at(-1)?.event, 'error');
  t.true(watch.response.complete, 'not cut');
  assertProblem(t, await call(service, '/watch'), 'unavailable');
});

contractTest('there are as many watches as the limit allows', async (t, kind) => {
  const service = await startService(t, kind, { watches: { maxWatches: 2 } });
  const first = await openEvents(t, service, '/watch');
  await openEvents(t, service, '/watch');
  assertProblem(t, await call(service, '/watch'), 'overloaded');
  const open = async () => (await samples(service)).get('kvstore_watches');
  t.is(await open(), 2);
  first.response.destroy();
  await waitFor('one is gone', async () => (await open()) === 1);
  t.is((await openEvents(t, service, '/watch')).response.statusCode, 200);
});

contractTest('a thousand watches get the same', async (t, kind) => {
  const service = await startService(t, kind, { watches: { maxWatches: 1000 } });
  const watches = await Promise.all(Array.from({ length: 1000 }, () => openEvents(t, service, '/watch')));
  await set(service, { a: 1 });
  await call(service, '/get/a', { method: 'DELETE' });
  const [first, ...others] = await Promise.all(watches.map((watch) => watch.until(2)));
  for (const events of others) t.deepEqual(events, first);
});

test('history is bounded: what is forgotten is gone, and said to be', async (t) => {
  const [embedded] = storeKinds as [(typeof storeKinds)[number]];
  const service = await startService(t, embedded, { history: { maxChanges: 3, maxBytes: 1000 } });
  for (let i = 1; i <= 5; i++) await set(service, { k: i });
  const from = (id: string) => ({ 'Last-Event-ID': `${service.store.timeline()}-${id}` });
  assertProblem(t, await call(service, '/watch', { headers: from('1') }), 'history-gone');
  const rest = await openEvents(t, service, '/watch', from('2'));
  t.deepEqual(
    (await rest.until(3)).map(({ id }) => revisionOf(id)),
    [3, 4, 5],
  );
  await set(service, { k: 'x'.repeat(997) });
  assertProblem(t, await call(service, '/watch', { headers: from('4') }), 'history-gone');
});

test('a watch that fails here ends with that, is counted, and is an error in the log with its cause', async (t) => {
  const [embedded] = storeKinds as [(typeof storeKinds)[number]];
  const watch = (_after: number, on: Watcher) => {
    queueMicrotask(() => {
      on.opened();
      on.end(new Problem('internal', 'The watch failed.', { cause: new Error('broken') }));
    });
    return { position: 0, close: () => {} };
  };
  const service = await startService(t, embedded, { around: (store: Store) => around(store, { watch }) });
  const events = await openEvents(t, service, '/watch');
  await waitFor('it is ended', () => events.ended());
  t.is(JSON.parse(events.events.at(-1)?.data ?? '{}').code, 'internal');
  t.is((await samples(service)).get('kvstore_http_problems_total{code="internal"}'), 1);
  const lines = service.logged.filter(({ msg }) => msg === 'watch failed');
  t.is(lines.length, 1);
  t.like(lines[0], { 'http.route': '/watch', 'error.type': 'internal' });
  t.regex(JSON.stringify(lines[0]?.err), /broken/);
});
