/** docs/etcd-recovery.md, with the commands as they are written there. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { documentedSteps } from '../test-support/documented-steps.ts';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, send, startWriter } from './support/client.ts';
import { field, getFromPod, kubectl } from './support/kubectl.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
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

  for (const step of [stop, ...restore]) t.log(await run(namespace, step));
  await store.settled(240);
  const pods = await store.servicePods();
  t.is(pods.length, 3);
  for (const { name } of pods) t.is(await getFromPod(namespace, name, 8080, '/'), `{${pairs.join(',')}}`);
  t.is((await send(store, 'POST', '/set', '{"afterwards":1}')).status, 200);
});

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
