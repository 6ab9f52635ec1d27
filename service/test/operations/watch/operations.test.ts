/** Watches and reads that wait, by themselves: a typed request in, an answer out, no server between them. */
import { PassThrough } from 'node:stream';
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { Registry } from 'prom-client';
import { waitFor } from '../../../../test-support/wait-for.ts';
import type { Answer } from '../../../src/answers/answer.ts';
import { AnswerCache } from '../../../src/caches/answer-cache.ts';
import { EventLoopScheduler } from '../../../src/flow-control/event-loop-scheduler.ts';
import { getValue } from '../../../src/operations/get.ts';
import { waitForChange } from '../../../src/operations/watch/wait-for-change.ts';
import { watchChanges } from '../../../src/operations/watch/watch.ts';
import { WatchPlaces } from '../../../src/operations/watch/watch-places.ts';
import type { GetRequest } from '../../../src/requests/reads.ts';
import type { WatchRequest } from '../../../src/requests/watches.ts';
import { Drain } from '../../../src/server/drain.ts';
import { noSpans } from '../../../src/store/spans.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openEmbedded } from '../../support/open-embedded.ts';

const fromNow: WatchRequest = {
  ...{ filter: { prefix: '', suffix: '' }, stale: false, resumed: undefined, token: undefined, isHead: false },
};

async function open(t: ExecutionContext) {
  const store = await openEmbedded(t);
  const problems: string[] = [];
  const [drain, scheduler, registry, clock] = [
    new Drain(),
    new EventLoopScheduler(),
    new Registry(),
    new ManualClock(),
  ];
  const places = new WatchPlaces(1);
  const parts = {
    ...{ store, drain, registry, scheduler, places, clock, log: pino({ level: 'silent' }), spans: noSpans },
    metrics: { problem: (code: string) => problems.push(code) },
    limits: { heartbeat: 60_000, maxBacklog: 1 << 20, stallTimeout: 60_000, maxMemory: 1 << 20 },
    endings: { reset() {} },
  };
  return {
    ...{ store, drain, problems, clock },
    watch: watchChanges(parts),
    get: waitForChange(parts)(getValue({ store, scheduler, answers: new AnswerCache(store, 1 << 20) })),
  };
}

/** Where a watch's answer goes. */
function client(t: ExecutionContext) {
  const to = Object.assign(new PassThrough(), { socket: null });
  t.teardown(() => to.destroy());
  let text = '';
  to.on('data', (piece) => {
    text += piece;
  });
  return { to, text: () => text, leave: () => to.destroy() };
}

function eventsOf(answer: Answer) {
  if (answer.kind !== 'events') throw new Error(`an answer of kind ${answer.kind}`);
  return answer;
}

test('a watch sends what changes from now on, until the shutdown, and gives its place back', async (t) => {
  const { store, drain, problems, watch } = await open(t);
  await store.set([{ key: 'before', value: '1' }]);
  const answer = eventsOf(await watch({ ...fromNow, filter: { prefix: 'a', suffix: '' } }));
  const first = client(t);
  let began = 0;
  await answer.open(first.to, () => began++);
  t.is(began, 1);
  await store.set([
    { key: 'a', value: '2' },
    { key: 'b', value: '3' },
  ]);
  await waitFor('the event', () => first.text().includes('event: '));
  t.regex(first.text(), /"key":"a"/);
  t.notRegex(first.text(), /"key":"b"|before/);
  const tooMany = await t.throwsAsync(watch(fromNow), { instanceOf: Problem });
  t.is(tooMany?.code, 'overloaded');
  first.leave();
  await waitFor('its place', async () => (await watch(fromNow).catch(() => undefined)) !== undefined);
  const second = client(t);
  await eventsOf(await watch(fromNow)).open(second.to, () => {});
  drain.begin();
  await waitFor('its end', () => second.text().includes('"code":"unavailable"'));
  t.deepEqual(problems, ['unavailable']);
  const late = await t.throwsAsync(watch(fromNow), { instanceOf: Problem });
  t.is(late?.code, 'unavailable');
});

test('HEAD of a watch is its head, and takes no place', async (t) => {
  const { watch } = await open(t);
  for (let i = 0; i < 2; i++) {
    const { kind, headers } = await watch({ ...fromNow, isHead: true });
    t.is(kind, 'text');
    t.is(headers[headers.indexOf('KvStore-Heartbeat') + 1], '60');
  }
});

test('a read waits for a change of its key, for as long as it was asked to, or while its client is there', async (t) => {
  const { store, clock, get } = await open(t);
  let left = () => {};
  const caller = {
    isGone: () => false,
    idle: () => () => {},
    onGone(then: () => void) {
      left = then;
    },
  };
  const wait = { milliseconds: 5000, caller, token: undefined };
  const request: GetRequest = { key: 'a', stale: false, heldTag: undefined, wait };
  const ask = async () => (await get(request)).status;
  const waits = () => waitFor('it waits', () => clock.waiting > 0);
  const changed = ask();
  await waits();
  await store.set([{ key: 'other', value: '1' }]);
  await store.set([{ key: 'a', value: '1' }]);
  t.is(await changed, 200);
  await store.delete(['a']);
  const inVain = ask();
  await waits();
  clock.pass(5000);
  t.is(await inVain, 404);
  const alone = ask();
  await waits();
  left();
  t.is(await alone, 304, 'its client has left');
  t.is(clock.waiting, 0);
});
