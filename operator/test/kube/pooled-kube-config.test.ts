import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import test from 'ava';
import { CertificateAuthority } from '../../../test-support/certificates.ts';
import { listen } from '../../../test-support/network/listen.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { KubeClient } from '../../src/kube/kube-client.ts';
import { PooledKubeConfig } from '../../src/kube/pooled-kube-config.ts';

test('calls share a connection of HTTP/1.1, also of a server that would rather have HTTP/2', async (t) => {
  const authority = await CertificateAuthority.create(temporaryFolder(t));
  const { certFile, keyFile } = await authority.issue('api');
  const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
  const versions: string[] = [];
  let connections = 0;
  const server = createSecureServer({ cert, key, allowHTTP1: true }, ({ httpVersion }, response) => {
    versions.push(httpVersion);
    response.end('{}');
  });
  server.on('secureConnection', () => connections++);
  const port = await listen(server);
  t.teardown(() => server.close());
  const kubeConfig = new PooledKubeConfig();
  const caData = readFileSync(authority.certFile).toString('base64');
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: `https://127.0.0.1:${port}`, caData, skipTLSVerify: false },
    { name: 'u', token: 'secret' },
  );
  t.teardown(() => kubeConfig.destroy());
  const client = new KubeClient({ kubeConfig, deadlineMs: 30_000 });
  for (let i = 0; i < 10; i++) await client.request('GET', '/version');
  t.deepEqual(new Set(versions), new Set(['1.1']));
  t.true(connections <= 2, `${connections} connections`);
});
