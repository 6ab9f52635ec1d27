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
import { apply, field, kubectl } from './support/kubectl.ts';
import { applyKvStore, makeNamespace } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const caFile = '/etc/kvstore/tls/ca.crt';

test('with a Secret the replicas speak https, also to backups; another certificate needs no rollout', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const namespace = await makeNamespace(t);
  const authority = await CertificateAuthority.create(folder);
  const host = `shop.${namespace}.svc`;
  const put = async (name: string) => {
    const { certFile, keyFile } = await authority.issue(name, [host]);
    const files = { 'tls.crt': certFile, 'tls.key': keyFile, 'ca.crt': authority.certFile };
    const words = Object.entries(files).map(([key, file]) => `--from-file=${key}=${file}`);
    const dryRun = ['--dry-run=client', '-o', 'json'];
    await apply(
      JSON.parse(await kubectl('create', 'secret', 'generic', 'shop-tls', '-n', namespace, ...words, ...dryRun)),
    );
  };
  await put('first');
  const backup = { schedule: neverBySchedule, storage: { size: '1Gi' } };
  const tls = { secretName: 'shop-tls' };
  const store = await applyKvStore(namespace, { replicas: 2, tls, backup, ingress: { enabled: false } }, 'shop');
  await store.settled();
  t.is(await field('.status.url', 'kvs', 'shop', '-n', namespace), `https://${host}:8080/`);

  const kv = (...words: readonly string[]) =>
    kubectl(
      'exec',
      '-n',
      namespace,
      'deployment/shop',
      '--',
      'kv',
      ...words,
      '--url',
      `https://${host}:8080`,
      '--retry-for=0',
    );
  await kv('set', 'a', '1', '--ca-file', caFile);
  t.is(await kv('get', 'a', '--ca-file', caFile), '1\n');
  await t.throwsAsync(kv('get', 'a'), { message: /--ca-file names the authority to trust/ });
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

async function shownName(host: string): Promise<string> {
  const socket = connect({ host, port: 8080, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}
