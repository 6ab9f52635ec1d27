/** Users and roles of real members: who may do what, and what happens when somebody changes it. */
import { Client } from '@grpc/grpc-js';
import { briefOptions } from '@kvstore/etcd/channel-options.ts';
import { identityCredentials } from '@kvstore/etcd/tls.ts';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { FakeCluster } from '../fake-cluster.ts';

const service = 'kvstore-etcd-client';
const denied = { message: /permission denied/ };

async function startCluster(t: ExecutionContext, members: 1 | 3): Promise<FakeCluster> {
  const cluster = await FakeCluster.start({ members });
  t.teardown(() => cluster.stop());
  await cluster.settled();
  return cluster;
}

/** A call by the holder of a certificate. */
function callerOf(cluster: FakeCluster, leaf: 'member' | 'client' | 'operator') {
  return (service: Parameters<FakeCluster['call']>[1], request: object = {}) =>
    cluster.call(0, service, request, cluster.identity(leaf));
}

/** A member's backup of everything, which comes as a stream. @returns how many bytes of it have come */
async function snapshotBy(cluster: FakeCluster, leaf: 'member' | 'client'): Promise<number> {
  const { host } = new URL(cluster.addresses.clientURL(0));
  const { hostname } = new URL(cluster.names.clientURL(0));
  const client = new Client(host, identityCredentials(cluster.identity(leaf)), briefOptions(hostname));
  try {
    const path = '/etcdserverpb.Maintenance/Snapshot';
    const parts = client.makeServerStreamRequest(
      path,
      () => Buffer.alloc(0),
      (bytes) => bytes,
      {},
    );
    let bytes = 0;
    for await (const part of parts) bytes += part.length;
    return bytes;
  } finally {
    client.close();
  }
}

const put = (key: string) => ({ key: Buffer.from(key), value: Buffer.from('1') });
const prefix = (start: string, end: string) => ({ key: Buffer.from(start), range_end: Buffer.from(end) });

test('the certificate of the service reads and writes its keys, and does nothing else', async (t) => {
  const cluster = await startCluster(t, 3);
  const call = callerOf(cluster, 'client');
  await call(['KV', 'put'], put('/kvstore/team/shop/k/a'));
  t.like(await call(['KV', 'range'], prefix('/kvstore/team/shop/', '/kvstore/team/shop0')), { count: '1' });
  t.like(await call(['Maintenance', 'status']), { version: '3.6.16' });

  const [first] = await cluster.member('shop-etcd-0').memberList();
  const id = { ID: first?.id };
  const user = { user: service, role: 'root' };
  for (const [method, request] of [
    [['KV', 'put'], put('/kvstore/team/other/k/a')],
    [['KV', 'put'], put('/kvstore/team/shop')],
    [['KV', 'range'], prefix('/', '0')],
    [['KV', 'range'], prefix('\0', '\0')],
    [['KV', 'compact'], { revision: '2' }],
    [['Cluster', 'memberRemove'], id],
    [['Cluster', 'memberPromote'], id],
    [['Cluster', 'memberAdd'], { peerURLs: ['https://127.0.0.1:1'], isLearner: true }],
    [['Maintenance', 'defragment'], {}],
    [['Maintenance', 'moveLeader'], { targetID: first?.id }],
    [['Auth', 'authDisable'], {}],
    [['Auth', 'authStatus'], {}],
    [['Auth', 'userAdd'], { name: 'evil', options: { no_password: true } }],
    [['Auth', 'userGrantRole'], user],
    [['Auth', 'userDelete'], { name: 'root' }],
    [['Auth', 'roleGrantPermission'], { name: 'kvstore-service', perm: { permType: 'READ', ...prefix('\0', '\0') } }],
  ] as const) {
    await t.throwsAsync(call(method, request), denied, method.join('.'));
  }
  await t.throwsAsync(snapshotBy(cluster, 'client'), denied, 'a snapshot');
  t.true((await snapshotBy(cluster, 'member')) > 10_000, 'a certificate that may have one gets one');
  t.is((await cluster.member('shop-etcd-0').memberList()).length, 3);
});

test('what somebody changed by hand is put right, by the one certificate as by the other', async (t) => {
  const cluster = await startCluster(t, 1);
  // The members' certificate is what there is in an emergency.
  const call = callerOf(cluster, 'member');
  await call(['Auth', 'userGrantRole'], { user: service, role: 'root' });
  await call(['Auth', 'authDisable']);
  await callerOf(cluster, 'client')(['KV', 'put'], put('/anywhere'));
  t.like(await cluster.reconcile(), { settled: false, degraded: false, reason: 'EtcdLimitingAccess' });
  await t.throwsAsync(callerOf(cluster, 'client')(['KV', 'put'], put('/anywhere')), denied);
  t.like(await cluster.settled(), { reason: 'EtcdReady' });
});

test('an operator that is no user any more says so, and what the page gives as the way out helps', async (t) => {
  const cluster = await startCluster(t, 1);
  const call = callerOf(cluster, 'member');
  await call(['Auth', 'userDelete'], { name: 'kvstore-etcd-operator' });
  const outcome = await cluster.reconcile();
  t.like(outcome, { settled: false, degraded: true, reason: 'EtcdAccessUnknown' });
  t.regex(outcome.message, /user name not found/);
  await call(['Auth', 'authDisable']);
  await cluster.settled();
  await t.throwsAsync(callerOf(cluster, 'client')(['KV', 'put'], put('/anywhere')), denied);
});

test('members and the operator do all they did before', async (t) => {
  const cluster = await startCluster(t, 3);
  const [, second] = await cluster.member('shop-etcd-0').memberList();
  const statuses = await Promise.all([0, 1, 2].map((ordinal) => cluster.member(`shop-etcd-${ordinal}`).status()));
  const leader = cluster.member(`shop-etcd-${statuses.findIndex(({ leaderId, memberId }) => leaderId === memberId)}`);
  await leader.defragment();
  const next = statuses.find(({ leaderId, memberId }) => leaderId !== memberId)?.memberId ?? '';
  await leader.moveLeader(next);
  await waitFor('the other one leads', async () => (await leader.status()).leaderId === next);
  await leader.compact((await leader.status()).revision);
  await leader.disarm('NOSPACE', second?.id ?? '');
  t.true(await leader.ready());
});
