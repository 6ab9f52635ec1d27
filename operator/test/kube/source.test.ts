/** What a watch may meet, from an API server that does it on purpose: history that expired, silence, broken answers. */
import { createServer, type ServerResponse } from 'node:http';
import type { KubernetesObject } from '@kubernetes/client-node';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../../test-support/network/listen.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { systemClock } from '../../src/clock.ts';
import { KubeClient } from '../../src/kube/kube-client.ts';
import { ObjectCache } from '../../src/kube/object-cache.ts';
import { PooledKubeConfig } from '../../src/kube/pooled-kube-config.ts';
import { resources } from '../../src/kube/resources.ts';
import { Source } from '../../src/kube/source.ts';
import { createLog } from '../../src/log.ts';

type Answer = (response: ServerResponse, query: URLSearchParams) => void;

const item = (name: string, resourceVersion: number): KubernetesObject => ({
  metadata: { name, namespace: 'n', uid: name, resourceVersion: String(resourceVersion) },
});
const list =
  (version: number, ...items: KubernetesObject[]): Answer =>
  (response) =>
    response.end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items }));
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const stayOpen: Answer = (response) => response.flushHeaders();

/** Runs a source against an API server whose lists and watches are answered in turn, the last one again and again. */
async function follow(t: ExecutionContext, lists: readonly Answer[], watches: readonly Answer[], silenceMs = 60_000) {
  const seen = { lists: 0, watches: [] as URLSearchParams[] };
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://host').searchParams;
    const isWatch = query.get('watch') === 'true';
    const answers = isWatch ? watches : lists;
    const turn = isWatch ? seen.watches.push(query) - 1 : seen.lists++;
    answers[Math.min(turn, answers.length - 1)]?.(response, query);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const kubeConfig = new PooledKubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u' });
  const cache = new ObjectCache<KubernetesObject>(() => undefined);
  const changes: string[] = [];
  const source = new Source({
    client: new KubeClient({ kubeConfig, deadlineMs: 30_000 }),
    clock: systemClock,
    log: createLog('fatal', { write() {} }),
    resource: resources.services,
    cache,
    resyncMs: 3_600_000,
    silenceMs,
    onChange: ({ metadata }) => changes.push(metadata?.name ?? ''),
    onRestart: () => undefined,
  });
  const stopping = new AbortController();
  const ended = source.run(stopping.signal);
  t.teardown(async () => {
    stopping.abort();
    await ended;
    server.closeAllConnections();
    server.close();
    await kubeConfig.destroy();
  });
  await source.synced;
  const names = (): string[] => [...cache.values()].map(({ metadata }) => metadata?.name ?? '').sort();
  const holds = (...wanted: string[]) =>
    waitFor(`it holds ${wanted.join()}`, () => {
      if (names().join() !== wanted.join()) throw new Error(names().join());
      return true;
    });
  return { seen, names, changes, holds };
}

test('a history that expired inside a watch is listed anew, and what was deleted meanwhile is gone', async (t) => {
  const gone: Answer = (response) => response.end(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
  const { holds, changes } = await follow(
    t,
    [list(5, item('old', 3), item('kept', 4)), list(20, item('kept', 4), item('new', 19))],
    [gone, stayOpen],
  );
  await holds('kept', 'new');
  t.deepEqual(changes.slice(2), ['new', 'old']);
});

test('a watch refused with 410 is listed anew', async (t) => {
  const refused: Answer = (response) => {
    response.statusCode = 410;
    response.end('{"reason":"Expired","message":"too old resource version"}');
  };
  const { holds } = await follow(t, [list(5, item('a', 3)), list(9, item('b', 8))], [refused, stayOpen]);
  await holds('b');
  t.pass();
});

test('a silent watch is given up and taken up where it was', async (t) => {
  const silentAfterOne: Answer = (response) => response.write(event('ADDED', item('b', 7)));
  const goesOn: Answer = (response) => response.write(event('ADDED', item('c', 8)));
  const { holds, seen } = await follow(t, [list(5, item('a', 3))], [silentAfterOne, goesOn, stayOpen], 300);
  await holds('a', 'b', 'c');
  t.is(seen.lists, 1);
  t.is(seen.watches[1]?.get('resourceVersion'), '7');
});

test('a watch goes on after a bookmark from where that was', async (t) => {
  const bookmark: Answer = (response) => response.end(event('BOOKMARK', item('', 42)));
  const { seen } = await follow(t, [list(5)], [bookmark, stayOpen]);
  await waitFor('a second watch', () => seen.watches.length >= 2);
  t.is(seen.watches[1]?.get('resourceVersion'), '42');
  t.is(seen.watches[0]?.get('allowWatchBookmarks'), 'true');
});

test('errors and broken lines are waited out', async (t) => {
  const fails: Answer = (response) => {
    response.statusCode = 500;
    response.end('out of order');
  };
  const broken: Answer = (response) => response.end('{"type":"ADDED","object":\n');
  const cutOff: Answer = (response) => {
    response.write(event('ADDED', item('b', 6)));
    response.write('{"type":"ADDED","obj', () => response.destroy());
  };
  const good: Answer = (response) => response.write(event('DELETED', item('a', 9)));
  const { holds } = await follow(t, [fails, list(5, item('a', 3))], [broken, cutOff, good, stayOpen]);
  await holds('b');
  t.pass();
});

test('a long list comes in pages', async (t) => {
  const first: Answer = (response) =>
    response.end(JSON.stringify({ metadata: { resourceVersion: '5', continue: 'more' }, items: [item('a', 1)] }));
  const second: Answer = (response, query) => {
    response.statusCode = query.get('continue') === 'more' ? 200 : 400;
    list(5, item('b', 2))(response, query);
  };
  const { names } = await follow(t, [first, second], [stayOpen]);
  t.deepEqual(names(), ['a', 'b']);
});
