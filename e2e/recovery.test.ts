/** docs/etcd-recovery.md, with the commands as they are written there. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { documentedSteps } from '../test-support/project/documented-steps.ts';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, send, startWriter } from './support/client.ts';
import { field, getFromPod, kubectl } from './support/kubectl.ts';
import { createKvStore, type KvStoreHandle, makeNamespace } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const page = 'etcd-recovery.md';

test('a quorum that was lost comes back by the documented steps, with every value of the survivor', async (t) => {
  const namespace = await makeNamespace(t);
  const store = await createKvStore(namespace, {}, 'shop');
  const writer = startWriter(store, 'recovery-');
  await waitFor('some writes', async () => writer.acknowledged() > 100, { timeout: 60_000 });
  const { acknowledged } = await writer.stop();
  await caughtUp(namespace);
  const before = await versionOf(store, 'recovery-0');

  const others = [1, 2].map((ordinal) => `shop-etcd-${ordinal}`);
  await kubectl('delete', 'pvc', '-n', namespace, '--wait=false', ...others.map((pod) => `data-${pod}`));
  await kubectl('delete', 'pod', '-n', namespace, '--grace-period=0', '--force', ...others);
  const degraded = () => field('.status.conditions[?(@.type=="Degraded")].reason', 'kvs', 'shop', '-n', namespace);
  await waitFor('the quorum is lost', async () => (await degraded()) === 'EtcdQuorumLost', {
    timeout: 120_000,
    interval: 500,
  });
  t.is((await send(store, 'GET', '/get/recovery-0?consistency=stale')).status, 200);

  for (const step of await documentedSteps(page, 'One member survived')) t.log(await run(namespace, step));
  await store.settled(240);
  t.deepEqual(await lost(store, acknowledged), []);
  t.is(await useOf(store, 'recovery-0', before), 'refused');
  t.is((await send(store, 'POST', '/set', '{"afterwards":1}')).status, 200);
});

test('all of etcd is lost and comes back from a snapshot by the documented steps, as it was then', async (t) => {
  const namespace = await makeNamespace(t);
  const store = await createKvStore(namespace, { etcd: { storage: { size: '8Gi' } } }, 'shop');
  const pairs = Array.from({ length: 100 }, (_, i) => `"key-${String(i).padStart(3, '0')}":${i}.50`);
  t.is((await send(store, 'POST', '/set', `{${pairs.join(',')}}`)).status, 200);
  const [stop = ''] = await documentedSteps(page, 'One member survived');
  const [save = '', ...restore] = await documentedSteps(page, 'Only a backup is left');
  t.log(await run(namespace, save));
  t.is((await send(store, 'POST', '/set', '{"key-000":"newer","later":1}')).status, 200);
  const [kept, gone] = [await versionOf(store, 'key-001'), await versionOf(store, 'key-000')];

  for (const step of [stop, ...restore]) t.log(await run(namespace, step));
  await store.settled(240);
  const pods = await store.servicePods();
  t.is(pods.length, 3);
  for (const { name } of pods) t.is(await getFromPod(namespace, name, 8080, '/'), `{${pairs.join(',')}}`);
  t.is(await useOf(store, 'key-000', gone), 'refused');
  t.is(await useOf(store, 'key-001', kept), 'refused');
  t.is((await send(store, 'POST', '/set', '{"afterwards":1}')).status, 200);
});

async function versionOf(store: KvStoreHandle, key: string): Promise<string> {
  const { status, headers } = await send(store, 'GET', `/get/${key}`);
  if (status !== 200 || headers.etag === undefined) throw new Error(`${key} is answered with ${status}`);
  return headers.etag;
}

/** What a version of before the recovery is good for: `refused` by reads and writes, else what was done with it. */
async function useOf(store: KvStoreHandle, key: string, version: string): Promise<string> {
  const read = await send(store, 'GET', `/get/${key}`, undefined, { 'if-none-match': version });
  if (read.status !== 200) return `answered with ${read.status}`;
  const write = await send(store, 'POST', '/set', JSON.stringify({ [key]: 'over' }), { 'if-match': version });
  return write.status === 412 ? 'refused' : `written with ${write.status}`;
}

/** As somebody types them whose current namespace is this one. */
async function run(namespace: string, commands: string): Promise<string> {
  const script = `set -euo pipefail\nkubectl() { command kubectl --namespace ${namespace} "$@"; }\n${commands.replaceAll('NAMESPACE', namespace)}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { timeout: 360_000 });
  return stdout;
}

/** Member 0 holds everything that was written: a quorum of the other two could have acknowledged the last writes. */
async function caughtUp(namespace: string): Promise<void> {
  const applied = async (ordinal: number): Promise<number> => {
    const path = `/api/v1/namespaces/${namespace}/pods/http:shop-etcd-${ordinal}:2381/proxy/metrics`;
    const [, value] = /^etcd_server_proposals_applied_total (\S+)$/m.exec(await kubectl('get', '--raw', path)) ?? [];
    return Number(value ?? 0);
  };
  await waitFor('member 0 has caught up', async () => {
    const [first = 0, ...rest] = await Promise.all([0, 1, 2].map(applied));
    return first > 0 && first >= Math.max(...rest);
  });
}
