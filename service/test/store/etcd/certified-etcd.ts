import type { ExecutionContext } from 'ava';
import { CertificateAuthority } from '../../../../test-support/certificates.ts';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';

/** An etcd that lets only clients of one authority in; it ends with the test. */
export async function startCertifiedEtcd(t: ExecutionContext, size = 1) {
  const directory = temporaryFolder(t);
  const authority = await CertificateAuthority.create(directory);
  const certificates = {
    authority: authority.certFile,
    server: await authority.issue('etcd'),
    client: await authority.issue('etcdctl'),
  };
  const etcd = await EtcdCluster.start({ size, certificates });
  t.teardown(() => etcd.stop());
  return { directory, authority, certificates, etcd };
}
