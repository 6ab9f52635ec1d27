import { mkdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { commitMetrics } from '../../../src/store/embedded/commit-metrics.ts';
import { EmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { storeMetrics } from '../../../src/store/store-metrics.ts';
import { SettableClock } from '../../support/settable-clock.ts';

/** A clock whose timers never fire: nothing is removed. */
class StoppedClock extends SettableClock {
  override after(): () => void {
    return () => {};
  }
}

function open(t: ExecutionContext, directory: string, clock: SettableClock): EmbeddedStore {
  const registry = new Registry();
  const metrics = { ...storeMetrics(registry), ...commitMetrics(registry) };
  const store = new EmbeddedStore({ directory, metrics, clock });
  t.teardown(() => store.close());
  return store;
}

test('deadlines survive a restart, those too that passed meanwhile', async (t) => {
  const directory = temporaryFolder(t);
  const clock = new StoppedClock();
  const first = open(t, directory, clock);
  await first.set([{ key: 'short', value: '1' }], { ttl: 10 });
  await first.set([{ key: 'long', value: '2' }], { ttl: 1000 });
  await first.set([{ key: 'for good', value: '3' }]);
  await first.close();
  clock.advance(11_000);
  const second = open(t, directory, clock);
  t.is(second.get('short'), undefined);
  t.deepEqual([...second.keys({})], ['for good', 'long']);
  t.true(second.lastExpired() !== undefined);
  await second.close();
  clock.advance(1_000_000);
  // With timers that fire, what is due is removed as soon as the store is open.
  const running = new SettableClock();
  running.advance(1_011_000);
  const third = open(t, directory, running);
  t.deepEqual([...third.keys({})], ['for good']);
  const revision = third.revision();
  await waitFor('both are removed', () => third.lastExpired() === undefined && third.revision() > revision);
});

test('a key that is written again is not removed at its old deadline', async (t) => {
  const clock = new SettableClock();
  const store = open(t, temporaryFolder(t), clock);
  await store.set([{ key: 'a', value: '1' }], { ttl: 10 });
  await store.set([{ key: 'b', value: '1' }], { ttl: 10 });
  await store.set([{ key: 'a', value: '2' }], { ttl: 100 });
  clock.advance(11_000);
  // Any write looks for what is due.
  await store.set([{ key: 'c', value: '1' }]);
  await waitFor('b is removed', () => store.lastExpired() === undefined);
  t.deepEqual([...store.keys({})], ['a', 'c']);
});

test('a clock that is set back by an hour: what was removed stays so, and later deadlines hold by the new time', async (t) => {
  const clock = new SettableClock();
  const store = open(t, temporaryFolder(t), clock);
  await store.set([{ key: 'short', value: '1' }], { ttl: 10 });
  await store.set([{ key: 'long', value: '1' }], { ttl: 1000 });
  clock.advance(11_000);
  await store.set([{ key: 'wakes', value: '1' }]);
  await waitFor(
    'the short one is removed',
    () => store.lastExpired() === undefined && store.get('short') === undefined,
  );
  clock.advance(-3_600_000);
  t.deepEqual([...store.keys({})], ['long', 'wakes']);
  await store.set([{ key: 'after', value: '1' }], { ttl: 10 });
  clock.advance(11_000);
  t.is(store.get('after'), undefined);
  await store.set([{ key: 'wakes', value: '2' }]);
  await waitFor('it is removed', () => store.lastExpired() === undefined);
  t.deepEqual([...store.keys({})], ['long', 'wakes']);
  t.true((store.expires('long') ?? 0) - clock.wall() > 3_600_000, 'its deadline is a time, which has not come');
});

test('thousands of keys that expire at once are removed in bounded transactions', async (t) => {
  const clock = new SettableClock();
  const store = open(t, temporaryFolder(t), clock);
  const pairs = Array.from({ length: 2500 }, (_, i) => ({ key: `k${i}`, value: '1' }));
  await store.set(pairs, { ttl: 10 });
  const sizes: number[] = [];
  store.watch(store.revision(), {
    opened: () => {},
    revision: ({ changes }) => void sizes.push(changes.length),
    end: () => {},
  });
  clock.advance(11_000);
  await store.set([{ key: 'wakes', value: '1' }]);
  // A commit may be read before watchers are notified of it.
  await waitFor('all are removed, and told', () => store.lastExpired() === undefined && sizes.length >= 4);
  t.deepEqual(sizes, [1, 1000, 1000, 500]);
  t.deepEqual([...store.keys({})], ['wakes']);
});

test('a process that is killed brings no expired key back', async (t) => {
  const directory = `${temporaryFolder(t)}/data`;
  mkdirSync(directory);
  const env = { KV_DATA_DIR: directory };
  const first = await startService(t, { env });
  const set = (query: string, body: string) => fetch(`${first.url}/set${query}`, { method: 'POST', body });
  t.is((await set('?ttl=1', '{"soon":1}')).status, 200);
  t.is((await set('', '{"stays":1}')).status, 200);
  await first.stop('SIGKILL');
  const second = await startService(t, { env });
  await waitFor('its time is over', async () => (await (await fetch(second.url)).text()) === '{"stays":1}');
  t.is((await fetch(`${second.url}/get/soon`)).status, 404);
});
