import { fileURLToPath } from 'node:url';
import test from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';

const twoFamilies = fileURLToPath(new URL('../../../../test-support/network/two-families.ts', import.meta.url));

test('etcd by a name that has an IPv6 address first, where nothing listens, is reached at its other one', async (t) => {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const endpoints = cluster.endpoints.map((url) => url.replace('127.0.0.1', 'localhost')).join(',');
  t.regex(endpoints, /localhost/);
  const service = await startService(t, {
    nodeArgs: [`--import=${twoFamilies}`],
    env: { KV_ETCD_ENDPOINTS: endpoints, KV_DATA_DIR: `${temporaryFolder(t)}/data` },
  });
  await waitFor('it is ready', async () => (await fetch(`${service.url}/readyz`)).ok);
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
  t.is(await (await fetch(service.url)).text(), '{"a":1}');
});
