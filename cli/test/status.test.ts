/** status: what it prints, and an exit code by health. */
import { createServer } from 'node:http';
import test from 'ava';
import { ingressPaths } from '../../operator/src/desired/ingress.ts';
import type { IngressSpec } from '../../operator/src/kvstore.ts';
import { listen } from '../../test-support/network/listen.ts';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import type { Process, Status } from '../src/status/look.ts';
import { metricLabel, metricSum, metricValue } from '../src/status/metrics-text.ts';
import { exitCodeOf, statusText } from '../src/status/text.ts';
import { cli } from './support/cli.ts';
import { type Act, startFront } from './support/front.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);

test.serial('a store that is well: what it is, and exit code 0', async (t) => {
  const { url } = store;
  await cli(t, ['set', 'a', '1'], { url });
  const { code, stdout, stderr } = await cli(t, ['status'], { url });
  t.is(code, 0);
  t.is(stderr, '');
  t.regex(stdout, /^ready {7}yes\nread {8}succeeds, \d+ ms\nmode {8}(embedded|etcd)\nversion {5}\S+\n/);
  t.regex(stdout, /^revision {4}[0-9a-z]{8}-\d+$/m);
  t.regex(stdout, /^pairs {7}\d+$/m);
  t.regex(stdout, /^since {7}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(.+\)$/m);

  const json = JSON.parse((await cli(t, ['status', '--json'], { url })).stdout);
  t.like(json, { healthy: true, ready: true, read: { ok: true }, metrics: true, damage: 0, folderLost: false });
});

test.serial(
  'one that is not ready, is overloaded, or asks for a token: exit codes 1, 1 and 5, and no waiting',
  async (t) => {
    const front = await startFront(t, store.url);
    front.act = ({ url }) =>
      url === '/readyz' ? { status: 503, code: 'not-ready', headers: { 'Retry-After': '60' } } : 'pass';
    const notReady = await cli(t, ['status'], front);
    t.is(notReady.code, 1);
    t.regex(notReady.stdout, /^ready {7}no: 503 not-ready: It was told to say so\.\nread {8}succeeds/);
    t.regex(notReady.stderr, /the store is not well/);
    t.is(front.seen.filter((line) => line === 'GET /readyz').length, 1, 'it tries once');

    front.act = ({ url }) => (url?.startsWith('/search') ? { status: 503, code: 'unavailable' } : 'pass');
    const noReads = await cli(t, ['status'], front);
    t.is(noReads.code, 1);
    t.regex(noReads.stdout, /^read {8}fails: 503 unavailable/m);

    front.act = ({ url }) => (url?.startsWith('/search') ? { status: 401, code: 'unauthorized' } : 'pass');
    t.is((await cli(t, ['status'], front)).code, 5);
  },
);

test.serial('metrics may be elsewhere, or nowhere', async (t) => {
  const front = await startFront(t, store.url);
  front.act = ({ url }) => (url === '/metrics' ? { status: 404, code: 'unknown-path' } : 'pass');
  const without = await cli(t, ['status'], front);
  t.is(without.code, 0);
  t.regex(without.stdout, /^metrics {5}not served here, so damage is unknown; --metrics-url says where$/m);
  const json = JSON.parse((await cli(t, ['status', '--json'], front)).stdout);
  t.like(json, { healthy: true, ready: true, metrics: false });
  t.false('damage' in json || 'folderLost' in json, 'nothing is said of damage');
  const elsewhere = await cli(t, ['status', '--metrics-url', store.url], front);
  t.regex(elsewhere.stdout, /^pairs {7}\d+$/m);
  t.like(await cli(t, ['status', '--metrics-url', 'nowhere'], front), { code: 2 });
});

/** What a proxy answers where no rule leads to the store. */
const noRule: ReturnType<Act> = { status: 404, code: 'none', headers: { 'Content-Type': 'text/plain' } };

test.serial("through the operator's Ingress, which serves the API alone: the read decides", async (t) => {
  const paths = ingressPaths({ enabled: true, pages: false } as IngressSpec);
  const isServed = (path = '') =>
    paths.some(([served, type]) => (type === 'Exact' ? path === served : path.startsWith(served)));
  const throughIngress: Act = ({ url }) => (isServed(url?.replace(/\?.*/, '')) ? 'pass' : noRule);
  const front = await startFront(t, store.url);
  front.act = throughIngress;
  const { code, stdout, stderr } = await cli(t, ['status'], front);
  t.is(code, 0);
  t.is(stderr, '');
  t.regex(
    stdout,
    /^ready {7}unknown: \/readyz is not served here\nread {8}succeeds, \d+ ms\nrevision {4}\S+\nmetrics {5}not/,
  );
  const json = JSON.parse((await cli(t, ['status', '--json'], front)).stdout);
  t.like(json, { healthy: true, problem: '/readyz is not served here', metrics: false });
  t.false('ready' in json);
  t.true(front.seen.includes('GET /readyz') && front.seen.includes('GET /metrics'));

  front.act = (request) =>
    request.url?.startsWith('/search') ? { status: 503, code: 'unavailable' } : throughIngress(request);
  const noReads = await cli(t, ['status'], front);
  t.is(noReads.code, 1);
  t.regex(noReads.stdout, /^ready {7}unknown: .*\nread {8}fails: 503 unavailable/);

  front.act = ({ url }) => (url === '/readyz' ? { ...noRule, status: 403 } : 'pass');
  t.like(await cli(t, ['status'], front), { code: 0 }, 'a proxy that forbids the path');
  front.act = ({ url }) => (url === '/readyz' ? { ...noRule, status: 502 } : 'pass');
  t.like(await cli(t, ['status'], front), { code: 1 }, 'a proxy without a way to the store');
  front.act = () => noRule;
  t.like(await cli(t, ['status'], front), { code: 9 }, "no path is the store's");
});

test.serial('through an Ingress with --identity: a 404 without a name is no other store', async (t) => {
  const { url } = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), KV_IDENTITY: 'web/shop/1' } });
  const front = await startFront(t, url);
  front.act = ({ url: path }) => (path === '/readyz' || path === '/metrics' ? noRule : 'pass');
  t.like(await cli(t, ['status', '--identity', 'web/shop/1'], front), { code: 0, stderr: '' });
  t.is((await cli(t, ['status', '--identity', 'web/shop/2'], front)).code, 7);
});

test.serial('nothing there: exit code 6 at once; a page of something else is not believed', async (t) => {
  t.is((await cli(t, ['status'], { url: 'http://127.0.0.1:1' })).code, 6);
  const server = createServer((_, response) => response.end('<html>Log in</html>'));
  const url = `http://127.0.0.1:${await listen(server)}`;
  t.teardown(() => server.close());
  const { code, stderr } = await cli(t, ['status'], { url });
  t.is(code, 9);
  t.regex(stderr, /not a KvStore at /);
});

test('damage and a lost folder are no health; without metrics nothing is said of them', (t) => {
  const process: Process = { mode: 'etcd', version: '1', pairs: 2, behind: 40, startedAt: 0 };
  const well: Status = {
    ready: true,
    read: { ok: true, milliseconds: 1, version: 'abcdefgh-7' },
    process,
    damage: 0,
    folderLost: false,
  };
  t.is(exitCodeOf(well), 0);
  t.is(exitCodeOf({ ...well, damage: 1 }), 1);
  t.is(exitCodeOf({ ...well, folderLost: true }), 1);
  const { process: _, ...unseen } = { ...well, damage: undefined, folderLost: undefined };
  t.is(exitCodeOf(unseen), 0);
  t.is(exitCodeOf({ ...unseen, ready: undefined }), 0);
  t.notRegex(statusText(unseen, 0), /^damage|^data folder/m);
  const text = statusText({ ...well, damage: 3, folderLost: true }, 90_061_000);
  t.regex(text, /^mode {8}etcd, 40 revisions behind$/m);
  t.regex(text, /^since {7}1970-01-01T00:00:00Z \(1 d 1 h\)$/m);
  t.regex(text, /^damage {6}3 reads met damage/m);
  t.regex(text, /^data folder LOST/m);
});

test('values of the metrics, whatever their labels hold', (t) => {
  const text = '# HELP a b\na{x="} 7",version="1"} 2\na{x="2"} 3\nab 9\nc NaN\n';
  t.is(metricValue(text, 'a'), 2);
  t.is(metricSum(text, 'a'), 5);
  t.is(metricValue(text, 'ab'), 9);
  t.is(metricValue(text, 'c'), undefined);
  t.is(metricValue(text, 'd'), undefined);
  t.is(metricLabel(text, 'a', 'version'), '1');
  t.is(metricLabel(text, 'ab', 'version'), undefined);
});
