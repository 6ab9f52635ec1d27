/** watch: every change once and in order, whatever becomes of the connection. */
import test from 'ava';
import { TcpProxy } from '../../test-support/network/tcp-proxy.ts';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { cli, startCli } from './support/cli.ts';
import { startFront } from './support/front.ts';
import { runCli } from './support/in-process.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
test.serial(
  'changes are printed as they happen, and none is missed or doubled when the connection breaks',
  async (t) => {
    const { url } = store;
    const front = await startFront(t, url);
    // Each connection is cut behind some bytes, wherever that is.
    front.act = () => ({ afterBytes: 400 + 37 * front.seen.length, next: 'break' });
    const { child, ended } = startCli(t, ['watch', '--prefix', 'k', '-q'], { url: front.url });
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
    });
    await waitFor('the watch', () => front.seen.length > 0);
    // From now on: what is written before the store has taken the watch up is not part of it.
    await waitFor('the first change', async () => {
      await cli(t, ['set', 'k', '"begin"'], { url });
      return text.includes('begin');
    });
    for (let i = 0; i < 60; i++) {
      await fetch(`${url}/set`, { method: 'POST', body: `{"k${i}":${i}.0,"other":1,"k-same":${i}}` });
    }
    await fetch(`${url}/delete`, { method: 'POST', body: '["k0"]' });
    await waitFor('the deletion', () => /"key":"k0","revision"/.test(text));
    child.kill('SIGTERM');
    t.like(await ended, { code: 143 });
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const after = events.filter(({ key }) => key !== 'k');
    t.deepEqual(
      after.filter(({ key }) => key === 'k-same').map(({ value }) => value),
      Array.from({ length: 60 }, (_, i) => i),
    );
    t.is(after.length, 121);
    t.true(text.includes('"value":7.0,'));
    t.is(after.at(-1).value, undefined);
    t.true(front.seen.length > 3, 'the connection did break');
  },
);

test.serial('--after begins in the past; what is too long ago is told', async (t) => {
  const { url } = store;
  const revisions: string[] = [];
  for (const value of ['1', '2', '3']) revisions.push((await cli(t, ['set', 'a', value], { url })).stdout.trimEnd());
  const { child, ended } = startCli(t, ['watch', '--after', revisions[0] ?? ''], { url });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  await waitFor('the third change', () => text.includes(`"revision":${revisions[2]?.split('-')[1]}`));
  child.kill('SIGINT');
  t.is((await ended).code, 130);
  t.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).value),
    [2, 3],
  );
  const [timeline] = (revisions[0] ?? '').split('-');
  for (const [after, code] of [
    [`${timeline}-999999`, 'history-gone'],
    [`otherone-${revisions[0]?.split('-')[1]}`, 'other-timeline'],
  ] as const) {
    const gone = await cli(t, ['watch', '--after', after], { url });
    t.is(gone.code, 1);
    t.regex(gone.stderr, new RegExp(`410 ${code}`));
  }
});

const isWatched = async (url: string) => (await (await fetch(`${url}/metrics`)).text()).includes('kvstore_watches 1');
const put = (url: string, body: string) => fetch(`${url}/set`, { method: 'POST', body });

test.serial('cut before its first event, a watch goes on from where it began', async (t) => {
  const { url } = store;
  const proxy = await TcpProxy.start(Number(new URL(url).port));
  t.teardown(() => proxy.close());
  const proxied = `http://127.0.0.1:${proxy.port}`;
  const { stdout } = await runCli(['watch', '--prefix', 'f1', '-q'], {
    url: proxied,
    async until(seen) {
      await waitFor('the watch', () => isWatched(url));
      proxy.stall();
      await put(url, '{"f1-while-cut":1,"other":2}');
      proxy.cut();
      proxy.resume();
      await waitFor('the change', () => seen.stdout.includes('\n'));
      await put(url, '{"f1-end":1}');
      await waitFor('the end', () => seen.stdout.includes('f1-end'));
    },
  });
  const keys = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).key);
  t.deepEqual(keys, ['f1-while-cut', 'f1-end']);
});

test('a filtered watch takes positions from heartbeats, and is connected anew when they stop', async (t) => {
  const env = { KV_DATA_DIR: temporaryFolder(t), KV_WATCH_HEARTBEAT: '100ms' };
  const service = await startService(t, { env });
  const proxy = await TcpProxy.start(Number(new URL(service.url).port));
  t.teardown(() => proxy.close());
  const front = await startFront(t, `http://127.0.0.1:${proxy.port}`);
  const ids: (string | undefined)[] = [];
  front.act = ({ headers }) => {
    ids.push(headers['last-event-id'] as string | undefined);
    return 'pass';
  };
  await put(service.url, '{"before":1}');
  await runCli(['watch', '--prefix', 'never'], {
    url: front.url,
    async until() {
      await waitFor('the watch', () => ids.length === 1);
      for (let i = 0; i < 20; i++) await put(service.url, '{"other":1}');
      // Nothing but heartbeats comes; then nothing at all, though the connection stays.
      const last = (await put(service.url, '{"other":2}')).headers.get('etag')?.slice(1, -1);
      await waitFor(
        'a reconnection from the last position',
        async () => {
          const connections = ids.length;
          proxy.stall();
          await waitFor('another connection', () => ids.length > connections);
          proxy.cut();
          proxy.resume();
          await waitFor('the watch again', () => isWatched(service.url));
          return ids.at(-1) === last;
          // Some heartbeats come in between.
        },
        { interval: 500 },
      );
    },
  });
  t.is(ids[0], undefined);
});

test.serial('a gap in the history: everything is read, nothing is printed twice, and a line says so', async (t) => {
  const { url } = store;
  const front = await startFront(t, url);
  let gaps = 0;
  const { stdout, stderr } = await runCli(['watch', '--suffix', '-x'], {
    url: front.url,
    async until(seen) {
      await waitFor('the watch', () => front.seen.length === 1);
      await waitFor('the first change', async () => {
        await put(url, '{"first-x":1}');
        return seen.stdout.includes('first-x');
      });
      front.act = ({ url: target }) => {
        if (!target?.startsWith('/watch') || gaps > 0) return 'pass';
        gaps++;
        return { status: 410, code: 'history-gone' };
      };
      await put(url, '{"first-x":2,"second-x":3,"other":4}');
      await waitFor('the second change', () => seen.stdout.includes('second-x'));
      front.cut();
      await waitFor('the gap', () => gaps === 1);
      await waitFor('the watch again', () => front.seen.filter((each) => each.startsWith('GET /watch')).length === 3);
      await put(url, '{"third-x":5}');
      await waitFor('the third change', () => seen.stdout.includes('third-x'));
    },
  });
  const changes = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    changes
      .slice(-3)
      .map(({ key, value }) => [key, value])
      .toSorted(),
    [
      ['first-x', 2],
      ['second-x', 3],
      ['third-x', 5],
    ],
  );
  t.is(new Set(changes.map(({ key, revision }) => `${key} ${revision}`)).size, changes.length);
  t.regex(stderr, /410 history-gone.*Every pair written since is printed; deletions are not/);
  t.true(front.seen.includes('GET /?count=true'));
});
