/** A KvStore that speaks https, as docs/operator.md says: probes, backups and calls use it, and certificates are replaced. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import test from 'ava';
import { CertificateAuthority } from '../test-support/certificates.ts';
import { waitFor } from '../test-support/wait-for.ts';
import { backUp, neverBySchedule } from './support/backup.ts';
import { send } from './support/client.ts';
import { apply, field, kubectl } from './support/kubectl.ts';
import { applyKvStore, makeNamespace } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';
import { traefikWithServersTransports } from './support/traefik.ts';

test.before('install', installOperator);

test('with a Secret the replicas speak https, also to backups; another certificate needs no rollout', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const namespace = await makeNamespace(t);
  const authority = await CertificateAuthority.create(folder);
  const host = `shop.${namespace}.svc`;
  const put = async (name: string) => {
    const { certFile, keyFile } = await authority.issue(name, [host]);
    const files = { 'tls.crt': certFile, 'tls.key': keyFile, 'ca.crt': authority.certFile };
    await makeSecret(namespace, 'shop-tls', files);
  };
  await put('first');
  const backup = { schedule: neverBySchedule, storage: { size: '1Gi' } };
  const tls = { secretName: 'shop-tls' };
  const store = await applyKvStore(namespace, { replicas: 2, tls, backup, ingress: { enabled: false } }, 'shop');
  await store.settled();
  t.is(await field('.status.url', 'kvs', 'shop', '-n', namespace), `https://${host}:8080/`);

  // As with a store that speaks http: the pod's environment says where, and whom to trust.
  const kv = (...words: readonly string[]) =>
    kubectl('exec', '-n', namespace, 'deployment/shop', '--', 'kv', ...words, '--retry-for=0');
  await kv('set', 'a', '1');
  t.is(await kv('get', 'a'), '1\n');
  t.regex(await kv('status'), /ready/);
  await backUp(store, 'by-hand');

  const pods = await store.servicePods();
  const address = await field('.spec.clusterIP', 'service', 'shop', '-n', namespace);
  t.is(await shownName(address), 'first');
  await put('second');
  // The kubelet writes the files about a minute later. Either replica may answer.
  const isShown = async () => {
    const names = await Promise.all(Array.from({ length: 10 }, () => shownName(address)));
    return names.every((name) => name === 'second');
  };
  await waitFor('the second certificate is shown', isShown, { timeout: 240_000, interval: 1000 });
  const uids = (list: typeof pods) => list.map(({ uid }) => uid).sort();
  t.deepEqual(uids(await store.servicePods()), uids(pods));
});

test("through an Ingress of Traefik the replicas' certificate is checked as the ServersTransport says", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const url = await traefikWithServersTransports(t);
  const namespace = await makeNamespace(t);
  const authority = await CertificateAuthority.create(folder, 'own');
  const { certFile, keyFile } = await authority.issue('replica', [`shop.${namespace}.svc`]);
  const others = await CertificateAuthority.create(folder, 'others');
  await makeSecret(namespace, 'shop-tls', { 'tls.crt': certFile, 'tls.key': keyFile, 'ca.crt': authority.certFile });
  await makeSecret(namespace, 'others', { 'ca.crt': others.certFile });
  const trust = (secret: string) =>
    apply({
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'ServersTransport',
      metadata: { name: 'shop', namespace },
      spec: { serverName: `shop.${namespace}.svc`, rootCAs: [{ secret }] },
    });
  await trust('shop-tls');
  const tls = { secretName: 'shop-tls', serversTransport: `${namespace}-shop@kubernetescrd` };
  const store = await applyKvStore(namespace, { replicas: 1, tls }, 'shop');
  await store.settled();
  const ask = async (method = 'GET', path = '/get/a', body?: string) => send({ ...store, url }, method, path, body);
  const written = async () => (await ask('POST', '/set', '{"a":1}').catch(() => undefined))?.status === 200;
  await waitFor('a write passes', written, { timeout: 60_000, interval: 500 });
  t.is((await ask()).body, '1');
  // It is the check that lets requests pass, not its absence.
  await trust('others');
  const refused = async () => (await ask()).status >= 500;
  await waitFor('another authority is not trusted', refused, { timeout: 60_000, interval: 500 });
});

async function makeSecret(namespace: string, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const words = Object.entries(files).map(([key, file]) => `--from-file=${key}=${file}`);
  const dryRun = ['--dry-run=client', '-o', 'json'];
  await apply(JSON.parse(await kubectl('create', 'secret', 'generic', name, '-n', namespace, ...words, ...dryRun)));
}

async function shownName(host: string): Promise<string> {
  const socket = connect({ host, port: 8080, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}
