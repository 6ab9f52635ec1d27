/** Everything is lost, and comes back: a backup by its CronJob, restored into a new KvStore. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { backUp, neverBySchedule } from './support/backup.ts';
import { send } from './support/client.ts';
import { field, kubectl } from './support/kubectl.ts';
import { applyKvStore, createKvStore, type KvStoreHandle, makeNamespace, statusField } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const values = ['101660004000155481467', '1.0', '1e400', '"\\u0041 ü"', '{"b":[1.50,null],"a":""}', '-0'];
const count = 3000;
const spec = { etcd: { storage: { size: '1Gi' }, retentionPolicy: 'Delete' } };

/** Every pair as a line, but for what no store can take over from another. */
async function exported(store: KvStoreHandle): Promise<string> {
  const { status, body } = await send(store, 'GET', '/', undefined, { Accept: 'application/x-ndjson' });
  if (status !== 200) throw new Error(`GET / answered ${status}: ${body}`);
  return body.replaceAll(/,"revision":\d+/g, '');
}

test('backed up, deleted with all its volumes, restored into a new KvStore: byte for byte the same', async (t) => {
  const namespace = await makeNamespace(t);
  const backup = { schedule: neverBySchedule, retention: 2, storage: { size: '1Gi' } };
  const store = await createKvStore(namespace, { ...spec, backup }, 'shop');
  const pairs = Array.from({ length: count }, (_, i) => `"key ${i}/ä":${values[i % values.length]}`);
  t.is((await send(store, 'POST', '/set', `{${pairs.join(',')}}`)).status, 200);
  t.is((await send(store, 'POST', '/set?ttl=86400', '{"short-lived":1.0}')).status, 200);
  const before = await exported(store);
  t.is(before.trimEnd().split('\n').length, count + 1);

  for (const i of [1, 2, 3]) await backUp(store, `by-hand-${i}`);
  const log = await kubectl('logs', '-n', namespace, 'job/by-hand-3');
  t.regex(log, new RegExp(`${count + 1} pairs in .*; deleted `), 'only two are kept');
  await waitFor('the status reports it', async () => (await statusField(store, '.backup.lastSuccessfulTime')) !== '');

  await kubectl('delete', 'kvs', 'shop', '-n', namespace, '--cascade=foreground', '--timeout=120s');
  const left = ['get', 'pods,pvc', '-n', namespace, '-l', 'app.kubernetes.io/component!=backup', '-o', 'name'];
  await waitFor('all else is gone', async () => (await kubectl(...left)) === '', { timeout: 120_000, interval: 500 });
  t.is(await field('.status.phase', 'pvc', 'shop-backup', '-n', namespace), 'Bound');

  await kubectl('annotate', 'pvc', 'shop-backup', '-n', namespace, 'kvstore.dev/restorable-by=again');
  const restoreFrom = { volumeClaim: 'shop-backup', kvStore: 'shop' };
  const again = await createKvStore(namespace, { ...spec, restoreFrom }, 'again');
  const restored = '.conditions[?(@.type=="Restored")].status';
  t.is(await statusField(again, restored), 'True', 'before it was Ready');
  t.is(withoutTimes(await exported(again)), withoutTimes(before));
  const [was, is] = [before, await exported(again)].map((lines) => Number(/"expires":(\d+)/.exec(lines)?.[1]));
  t.true(is !== undefined && was !== undefined && Math.abs(is - was) < 60_000, `expires ${was}, then ${is}`);

  // What is written from now on stays: the restore is not done again.
  t.is((await send(again, 'POST', '/set', '{"key 0/ä":"newer"}')).status, 200);
  await again.patch({ image: null, replicas: 2 });
  await again.settled();
  t.is((await send(again, 'GET', `/get/${encodeURIComponent('key 0/ä')}`)).body, '"newer"');
});

test('a backup that is not there is told, the store is not opened, and another one is restored', async (t) => {
  const namespace = await makeNamespace(t);
  const backup = { schedule: neverBySchedule, storage: { size: '1Gi' } };
  const store = await createKvStore(namespace, { ...spec, backup }, 'shop');
  t.is((await send(store, 'POST', '/set', '{"a":1}')).status, 200);
  await backUp(store, 'by-hand');

  await kubectl('annotate', 'pvc', 'shop-backup', '-n', namespace, 'kvstore.dev/restorable-by=*');
  const restoreFrom = { volumeClaim: 'shop-backup', kvStore: 'missing' };
  const again = await applyKvStore(namespace, { ...spec, restoreFrom }, 'again');
  const reasonOf = (type: string) => statusField(again, `.conditions[?(@.type=="${type}")].reason`);
  const failed = async () => (await reasonOf('Restored')) === 'Failed';
  await waitFor('the restore has failed', failed, { timeout: 240_000, interval: 500 });
  t.regex(await statusField(again, '.conditions[?(@.type=="Restored")].message'), /exit code 3: .*missing/);
  await waitFor('Ready reports it', async () => (await reasonOf('Ready')) === 'RestoreFailed');
  t.is(await kubectl('get', 'ingress', 'again', '-n', namespace, '--ignore-not-found', '-o', 'name'), '');

  await again.patch({ restoreFrom: { ...restoreFrom, kvStore: 'shop' } });
  await again.settled();
  const opened = async () => (await send(again, 'GET', '/')).body === '{"a":1}';
  await waitFor('it is opened, with what was backed up', opened, { timeout: 60_000, interval: 200 });
});

function withoutTimes(lines: string): string {
  return lines.replaceAll(/,"expires":\d+/g, '');
}
