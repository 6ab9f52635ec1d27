/** Clients of watches that take nothing: what waits for them together is bounded, and the others miss nothing. */
import { waitFor } from '../../../../test-support/wait-for.ts';
import { set } from '../../support/call.ts';
import { openEvents } from '../../support/event-stream.ts';
import { connectRaw } from '../../support/raw-connection.ts';
import { samples } from '../../support/samples.ts';
import { startService } from '../../support/start-service.ts';
import { contractTest } from '../../support/store-kinds.ts';

const maxMemory = 8 << 20;

contractTest(
  '40 watches that read nothing hold no more than the budget; one that reads gets everything',
  async (t, kind) => {
    const service = await startService(t, kind, {
      watches: { maxMemory, maxBacklog: 256 << 20 },
      stallTimeout: 600_000,
    });
    const idle = await Promise.all(Array.from({ length: 40 }, () => connectRaw(t, service)));
    for (const { socket, send } of idle) {
      send('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.pause();
    }
    const reader = await openEvents(t, service, '/watch?prefix=k');
    await waitFor('all are open', async () => (await samples(service)).get('kvstore_watches') === 41);
    const value = 'x'.repeat(500_000);
    let most = 0;
    for (let i = 0; i < 30; i++) {
      await set(service, { [`k${i}`]: value });
      most = Math.max(most, (await samples(service)).get('kvstore_watch_backlog_bytes') ?? Number.NaN);
      await reader.until(i + 1);
    }
    t.true(most > 0 && most <= maxMemory, `${most} bytes waited`);
    t.deepEqual(
      reader.events.map(({ data }) => JSON.parse(data).key),
      Array.from({ length: 30 }, (_, i) => `k${i}`),
    );
    const cut = (await samples(service)).get('kvstore_http_problems_total{code="slow-consumer"}') ?? 0;
    t.true(cut > 0, 'those that read nothing are cut');
  },
);

contractTest('a client that was cut goes on where it was, and misses nothing', async (t, kind) => {
  const service = await startService(t, kind, {
    watches: { maxMemory: 4 << 20, maxBacklog: 256 << 20 },
    stallTimeout: 600_000,
  });
  await set(service, { begin: 1 });
  const watch = await openEvents(t, service, '/watch');
  await waitFor('it has begun', () => watch.lastId() !== '');
  watch.response.pause();
  const value = 'x'.repeat(500_000);
  const slow = async () => (await samples(service)).get('kvstore_http_problems_total{code="slow-consumer"}') === 1;
  let count = 0;
  while (!(await slow()) && count < 60) await set(service, { [`k${count++}`]: value });
  t.true(await slow());
  watch.response.resume();
  await waitFor('it is ended', () => watch.ended());
  const got = watch.events.filter(({ event }) => event === 'set');
  const rest = await openEvents(t, service, '/watch', { 'Last-Event-ID': got.at(-1)?.id ?? watch.lastId() });
  await rest.until(Math.min(1, count - got.length));
  await waitFor('it has all', () => got.length + rest.events.length === count || rest.ended());
  t.deepEqual(
    [...got, ...rest.events].map(({ data }) => JSON.parse(data).key),
    Array.from({ length: count }, (_, i) => `k${i}`),
  );
});
