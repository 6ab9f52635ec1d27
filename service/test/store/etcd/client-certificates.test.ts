import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type Certificate, CertificateAuthority } from '../../../../test-support/certificates.ts';
import { TcpProxy } from '../../../../test-support/network/tcp-proxy.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { startCertifiedEtcd } from './certified-etcd.ts';
import { open, openReady, read } from './harness.ts';

/** Files at fixed places, as an orchestrator mounts them, that can be replaced. */
function mounted(directory: string) {
  const files = {
    caFile: join(directory, 'mounted-ca.crt'),
    certFile: join(directory, 'mounted.crt'),
    keyFile: join(directory, 'mounted.key'),
  };
  const put = async (authority: CertificateAuthority, { certFile, keyFile }: Certificate) => {
    await copyFile(authority.certFile, files.caFile);
    await copyFile(certFile, files.certFile);
    await copyFile(keyFile, files.keyFile);
  };
  return { files, put };
}

test('etcd accepts a client with a certificate of the authority', async (t) => {
  const { authority, etcd } = await startCertifiedEtcd(t);
  const files = { caFile: authority.certFile, ...(await authority.issue('service')) };
  const { store } = await openReady(t, { endpoints: etcd.endpoints, ...files });
  await store.set([{ key: 'a', value: '1' }]);
  t.is(await read(store, 'a'), '1');
});

test('a client without a certificate, or with one of another authority, is refused and told why', async (t) => {
  const { directory, authority, etcd } = await startCertifiedEtcd(t);
  const other = await CertificateAuthority.create(directory, 'other');
  const caFile = authority.certFile;
  for (const [files, why] of [
    [{ caFile }, /certificate required/],
    [{ caFile, ...(await other.issue('service')) }, /TLS failed: .*(bad certificate|unknown ca)/],
    [{ caFile: other.certFile, ...(await authority.issue('service')) }, /TLS failed: .*(verify|self.signed|issuer)/],
  ] as const) {
    const { store, logged } = await open(t, { endpoints: etcd.endpoints, ...files, requestTimeout: 1000 });
    await waitFor('the store says why it is not ready', () => why.test(store.notReady() ?? ''));
    t.true(logged.some((line) => why.test(line)));
    const problem = await t.throwsAsync(read(store, 'a'), { message: /No fresh read/ });
    t.regex(String(problem?.cause), why);
    await store.close();
  }
});

test('files that are replaced, the authority too, are used by the next connection', async (t) => {
  const { directory, authority, certificates, etcd } = await startCertifiedEtcd(t);
  const { files, put } = mounted(directory);
  await put(authority, await authority.issue('service'));
  const { store } = await openReady(t, { endpoints: etcd.endpoints, ...files });
  await store.set([{ key: 'a', value: '1' }]);

  const next = await CertificateAuthority.create(directory, 'next');
  const server = await next.issue('etcd');
  await put(next, await next.issue('service'));
  // The connections that are there stay.
  await store.set([{ key: 'a', value: '2' }]);
  t.is(await read(store, 'a'), '2');

  const [member] = etcd.members;
  await member?.kill();
  etcd.useCertificates({ ...certificates, authority: next.certFile, server, client: await next.issue('etcdctl') });
  member?.start();
  await waitFor('a write works again', async () => {
    await store.set([{ key: 'a', value: '3' }]);
    return true;
  });
  t.is(await read(store, 'a'), '3');
  await etcd.command('put', '/kvstore/k/b', '2');
  await waitFor('the watch brings what comes', () => store.get('b')?.value === '2');
});

test('files that are missing or do not fit each other for a while do no lasting harm', async (t) => {
  const { directory, authority, etcd } = await startCertifiedEtcd(t);
  const proxy = await TcpProxy.start(etcd.members[0]?.port ?? 0);
  t.teardown(() => proxy.close());
  const { files, put } = mounted(directory);
  await put(authority, await authority.issue('service'));
  const endpoints = [`https://localhost:${proxy.port}`];
  const { store, logged } = await openReady(t, { endpoints, ...files, requestTimeout: 1000 });
  const renewed = await authority.issue('service');
  for (const [spoil, why] of [
    [() => copyFile(renewed.certFile, files.certFile), /TLS failed: .*key values mismatch/],
    [() => rm(files.keyFile), /TLS failed: .*no such file/],
  ] as const) {
    await spoil();
    proxy.cut();
    await waitFor('the log says why', () => logged.some((line) => why.test(line)));
    const problem = await t.throwsAsync(read(store, 'a'), { message: /No fresh read/ });
    t.regex(String(problem?.cause), why);
    await put(authority, renewed);
    await waitFor('reads work again', () => read(store, 'a').then(() => true));
  }
});

test('files that cannot be used at the start are refused at once', async (t) => {
  const { directory, authority, etcd } = await startCertifiedEtcd(t);
  const [one, two] = [await authority.issue('one'), await authority.issue('two')];
  const options = { endpoints: etcd.endpoints, caFile: authority.certFile };
  await t.throwsAsync(open(t, { ...options, certFile: one.certFile, keyFile: two.keyFile }), { message: /mismatch/ });
  const keyFile = join(directory, 'nowhere');
  await t.throwsAsync(open(t, { ...options, certFile: one.certFile, keyFile }), { message: /nowhere/ });
  const plain = { endpoints: ['http://127.0.0.1:1'], caFile: authority.certFile };
  await t.throwsAsync(open(t, plain), { message: /certificates need https endpoints/ });
});
