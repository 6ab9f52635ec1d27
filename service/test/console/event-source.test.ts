/** X9: a browser's own reader of events takes the positions that heartbeats say, and goes on from there. */
import test from 'ava';
import { TcpProxy } from '../../../test-support/network/tcp-proxy.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { openConsole } from './browser.ts';

const [kind] = storeKinds;
if (kind === undefined) throw new Error('no store');

test.serial('EventSource, cut while nothing fits its filter', async (t) => {
  const { page, service, put } = await openConsole(t, kind, { watches: { heartbeat: 50 } });
  const proxy = await TcpProxy.start(service.port);
  t.teardown(() => proxy.close());
  const positions: (string | null)[] = [];
  await page.goto(`http://127.0.0.1:${proxy.port}/docs`);
  page.on('request', async (request) => {
    if (request.url().includes('/watch')) positions.push(await request.headerValue('last-event-id'));
  });
  await page.evaluate(`
    window.seen = [];
    const source = new EventSource('watch?prefix=fits');
    source.addEventListener('set', ({ data }) => window.seen.push(JSON.parse(data).key));
  `);
  await waitFor('the watch', () => positions.length === 1);
  for (let i = 0; i < 5; i++) await put({ other: i });
  const last = `${service.store.timeline()}-${service.store.revision()}`;
  await waitFor('a connection from the newest position', async () => {
    const before = positions.length;
    await signsOfLife(service.port, 4);
    proxy.cut();
    await waitFor('another connection', () => positions.length > before);
    return positions.at(-1) === last;
  });
  await put({ fits: 1 });
  await waitFor('the change', async () => ((await page.evaluate('window.seen')) as string[]).includes('fits'));
  t.deepEqual(await page.evaluate('window.seen'), ['fits']);
});

/** Resolves when a watch that began now has had so many: another one has had some meanwhile. */
async function signsOfLife(port: number, count: number): Promise<void> {
  const ended = new AbortController();
  const { body } = await fetch(`http://127.0.0.1:${port}/watch`, { signal: ended.signal });
  let text = '';
  for await (const bytes of body ?? []) {
    text += Buffer.from(bytes).toString();
    if (text.split(': alive').length > count) break;
  }
  ended.abort();
}
