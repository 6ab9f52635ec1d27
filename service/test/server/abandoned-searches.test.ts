/** Many searches that look at most keys, of clients that leave: probes are answered meanwhile, and nothing goes on. */
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Snapshot, Store } from '../../src/store/store.ts';
import { around } from '../support/around.ts';
import { call } from '../support/call.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { samples } from '../support/samples.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];
const clients = 400;

test('400 searches through 125,000 keys: probes are answered between their steps, and they end with their clients', async (t) => {
  /** Steps of 1000 keys, and searches that have begun and not ended. */
  let steps = 0;
  let open = 0;
  let mostOpen = 0;
  const counted = (view: Snapshot): Snapshot => ({
    ...view,
    *search(filter) {
      mostOpen = Math.max(mostOpen, ++open);
      try {
        for (const key of view.search(filter)) {
          if (key === undefined) steps++;
          yield key;
        }
      } finally {
        open--;
      }
    },
  });
  const service = await startService(t, kind, {
    maxWait: 1000,
    around: (store: Store) => around(store, { snapshot: () => counted(store.snapshot()) }),
  });
  for (let i = 0; i < 125; i++) {
    const numbers = Array.from({ length: 1000 }, (_, j) => 1000 * i + j);
    // As many have the prefix as the suffix, and none has both.
    await service.store.set(numbers.map((n) => ({ key: n % 2 === 0 ? `a${n}-x` : `b${n}-S`, value: '1' })));
  }
  const all = await Promise.all(Array.from({ length: clients }, () => connectRaw(t, service)));
  for (const [i, { send }] of all.entries()) {
    send(`GET /search?prefix=a&suffix=-S&limit=${i + 1} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }
  await waitFor('searches are under way', () => steps > 10);
  for (let i = 0; i < 20 && steps < 2000; i++) {
    const before = steps;
    t.is((await call(service, '/livez')).status, 200);
    // All searches together take some 25,000.
    t.true(steps - before < 1000, `${steps - before} steps before a probe was answered`);
  }
  for (const { socket } of all) socket.destroy();
  await waitFor('they have left', async () => (await samples(service)).get('http_server_active_requests') === 1);
  await waitFor('their searches have ended', () => open === 0);
  const after = steps;
  for (let i = 0; i < 50; i++) await setImmediate();
  t.is(steps, after, 'no search goes on');
  t.true(mostOpen < clients / 2, `${mostOpen} at once`);

  // Whole answers, pages, counts and lines that look at each key for a text that none has.
  const scans = await Promise.all(Array.from({ length: 12 }, () => connectRaw(t, service)));
  const targets = ['/search?contains=none', '/search?contains=none&delimiter=-&limit=9', '/?contains=none&count=true'];
  for (const [i, { send }] of scans.entries()) send(`GET ${targets[i % 3]}&after=${i} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await waitFor('scans are under way', () => open > 0 && steps > after + 20);
  for (const { socket } of scans) socket.destroy();
  await waitFor('they have left', async () => (await samples(service)).get('http_server_active_requests') === 1);
  const stopped = steps;
  t.true(stopped - after < 12 * 125, `${stopped - after} steps: all scans take more`);
  for (let i = 0; i < 50; i++) await setImmediate();
  t.is(steps, stopped, 'no scan goes on');
});
