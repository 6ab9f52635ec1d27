/** Certificates of real members: which clients they accept, and how they are renewed while etcd runs. */
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import type { Identity } from '../../../src/etcd/contract.ts';
import { getHttps } from '../../../src/etcd/members/https-get.ts';
import { splitBundle } from '../../../src/etcd/tls/inspect.ts';
import { authorityDays, issueAuthority, issueLeaf, leafDays } from '../../../src/etcd/tls/issue.ts';
import { profileOf, secretNames, trustSecret } from '../../../src/etcd/tls/secrets.ts';
import { FakeCluster, phaseMs } from '../fake-cluster.ts';
import { countKeys, putKeys } from '../values.ts';

const dayMs = 86_400_000;
const keys = 20;

async function startCluster(t: ExecutionContext, members: 1 | 3): Promise<FakeCluster> {
  const cluster = await FakeCluster.start({ members });
  t.teardown(() => cluster.stop());
  return cluster;
}

function uidsOf(cluster: FakeCluster): string[] {
  return [...cluster.pods.values()].map(({ uid }) => uid).sort();
}

function authoritiesOf(cluster: FakeCluster): string[] {
  return splitBundle(cluster.identity('member').ca);
}

/** Events about authorities and lost certificates. */
function told({ events }: FakeCluster): string[] {
  return events.filter((reason) => /^EtcdAuthority|Lost$/.test(reason));
}

/** The serial number of the certificate that a member shows now. */
async function shownBy(cluster: FakeCluster, ordinal: number): Promise<string> {
  const { ca, certificate, key } = cluster.identity();
  const { port } = new URL(cluster.addresses.clientURL(ordinal));
  const socket = connect({ host: '127.0.0.1', port: Number(port), ca, cert: certificate, key });
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    return socket.getPeerX509Certificate()?.serialNumber ?? '';
  } finally {
    socket.destroy();
  }
}

test('etcd refuses connections without a certificate of its own authority', async (t) => {
  const cluster = await startCluster(t, 1);
  await cluster.settled();
  const { ca } = cluster.identity();
  const stranger = await issueAuthority('kvstore', new Date());
  const forged = await issueLeaf(stranger, profileOf('operator', cluster.names), new Date());
  const call = (url: string, identity: Identity) =>
    getHttps(`${url}/version`, { serverName: 'localhost', identity, timeoutMs: 5_000 });
  const url = cluster.addresses.clientURL(0);

  t.is(await call(url, cluster.identity('client')), 200);
  await t.throwsAsync(call(url, { ca, certificate: '', key: '' }), {
    message: /certificate required|ECONNRESET|hang up/,
  });
  await t.throwsAsync(call(url, { ...forged, ca }), { message: /unknown ca|bad certificate|ECONNRESET|hang up/ });
  await t.throwsAsync(fetch(url.replace('https', 'http')).then((response) => assertOk(response)));
  const error = await t.throwsAsync(call(url, { ...cluster.identity('client'), ca: stranger.certificate }));
  t.regex((error as NodeJS.ErrnoException).code ?? '', /UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED/);

  // What a client may show is nothing that a peer could show.
  const peer = cluster.addresses.peerURL(0);
  const version = (identity: Identity) =>
    getHttps(`${peer}/version`, { serverName: 'localhost', identity, timeoutMs: 5_000 });
  t.is(await version(cluster.identity('member')), 200);
  await t.throwsAsync(version(cluster.identity('client')), { message: /bad certificate|ECONNRESET|hang up/ });
});

test('certificates are renewed while nothing restarts', async (t) => {
  const cluster = await startCluster(t, 3);
  const start = Date.now() - (leafDays * dayMs * 2) / 3;
  cluster.now = () => new Date(start);
  await cluster.settled();
  const pods = uidsOf(cluster);
  const before = await shownBy(cluster, 0);
  const authorities = authoritiesOf(cluster);

  cluster.now = () => new Date();
  const { certificateExpiry } = await cluster.settled();
  for (const ordinal of [0, 1, 2]) t.not(await shownBy(cluster, ordinal), before);
  for (const leaf of ['member', 'client', 'operator'] as const) {
    const { validTo } = new X509Certificate(cluster.identity(leaf).certificate);
    t.is(certificateExpiry?.[leaf], Date.parse(validTo) / 1000);
    t.true(Date.parse(validTo) > cluster.now().getTime() + (leafDays - 1) * dayMs, leaf);
  }
  t.deepEqual(authoritiesOf(cluster), authorities);
  t.deepEqual(uidsOf(cluster), pods);
});

/** From two authorities to one that is new: every member restarts twice, one at a time, and none is ever cut off. */
async function assertReplaced(t: ExecutionContext, cluster: FakeCluster, former: string): Promise<void> {
  const authorities = () => authoritiesOf(cluster);
  await cluster.settled();
  t.is(authorities().length, 2);
  t.true(authorities().includes(former));
  const since = Date.now();

  cluster.now = () => new Date(since + phaseMs + 1000);
  await cluster.until(({ settled }) => settled && told(cluster).length > 0);
  const signed = new X509Certificate(cluster.identity('member').certificate);
  t.false(signed.checkIssued(new X509Certificate(former)));
  const pods = uidsOf(cluster);
  await cluster.settled();
  t.deepEqual(uidsOf(cluster), pods, 'a switch restarts no member');
  t.is(authorities().length, 2);

  cluster.now = () => new Date(since + 2 * phaseMs + 2000);
  await cluster.until(({ settled }) => settled && authorities().length === 1);
  await cluster.settled();
  t.false(authorities().includes(former));
  t.true(uidsOf(cluster).every((uid) => !pods.includes(uid)));
  for (const ordinal of [0, 1, 2]) t.is(await countKeys(cluster, ordinal, 'tls/'), keys);
}

test('an authority that ends within a year is replaced by overlap, one member at a time', async (t) => {
  const cluster = await startCluster(t, 3);
  const start = Date.now();
  const dueAt = start - (authorityDays * dayMs * 2) / 3;
  const old = await issueAuthority('old', new Date(dueAt));
  cluster.now = () => new Date(start - dayMs);
  cluster.applied.put(trustSecret(cluster.names, { signer: old, since: new Date(dueAt) }, undefined));
  await cluster.settled();
  t.deepEqual(authoritiesOf(cluster), [old.certificate]);
  await putKeys(cluster, 'tls/', keys);

  cluster.now = () => new Date();
  await cluster.reconcile();
  t.deepEqual(told(cluster), ['EtcdAuthorityReplaced']);
  cluster.events.length = 0;
  // Long enough, but members have not read it yet.
  cluster.now = () => new Date(Date.now() + 2 * phaseMs);
  await cluster.reconcile();
  t.deepEqual(told(cluster), []);
  cluster.now = () => new Date();
  await assertReplaced(t, cluster, old.certificate);
});

test('an authority whose Secret was deleted is replaced, and nothing is cut off meanwhile', async (t) => {
  const cluster = await startCluster(t, 3);
  await cluster.settled();
  await putKeys(cluster, 'tls/', keys);
  const [former = ''] = authoritiesOf(cluster);
  cluster.applied.delete(cluster.applied.secret(secretNames(cluster.names).ca));
  await cluster.reconcile();
  t.deepEqual(told(cluster), ['EtcdAuthorityLost']);
  cluster.events.length = 0;
  await assertReplaced(t, cluster, former);
});

test('with all Secrets gone an Event says what to do, and it helps', async (t) => {
  const cluster = await startCluster(t, 3);
  await cluster.settled();
  await putKeys(cluster, 'tls/', keys);
  for (const secret of cluster.applied.secrets) cluster.applied.delete(secret);
  await cluster.until(({ reason }) => reason === 'EtcdQuorumLost');
  t.deepEqual(told(cluster), ['EtcdCertificatesLost']);
  for (const pod of cluster.pods.values()) cluster.workloads.stopPod(pod);
  await cluster.settled();
  for (const ordinal of [0, 1, 2]) t.is(await countKeys(cluster, ordinal, 'tls/'), keys);
});

test('a certificate that is damaged or gone is made anew', async (t) => {
  const cluster = await startCluster(t, 1);
  await cluster.settled();
  const before = await shownBy(cluster, 0);
  const names = secretNames(cluster.names);
  const member = cluster.applied.secret(names.member);
  if (member === undefined) return t.fail('no Secret');
  cluster.applied.put({ ...member, data: { ...member.data, 'tls.crt': '' } } as object);
  cluster.applied.delete(cluster.applied.secret(names.client));
  await cluster.settled();
  t.not(await shownBy(cluster, 0), before);
  t.truthy(cluster.identity('client').key);
  const client = await cluster.member('shop-etcd-0', cluster.identity('client')).status();
  t.is(client.version, '3.6.16');
});

async function assertOk({ status }: Response): Promise<void> {
  if (status !== 200) throw new Error(`answered ${status}`);
}
