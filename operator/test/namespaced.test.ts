/** An operator that looks after one namespace, with rights in that one only. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { hasStatus } from '../src/kube/kube-error.ts';
import { startCluster } from './support/cluster.ts';

test('works in its namespace under a RoleBinding there, and leaves the others alone', async (t) => {
  const cluster = await startCluster({ install: false });
  t.teardown(cluster.stop);
  await cluster.kubectl('apply', '--server-side', '-f', 'config/namespaced/namespace.yaml');
  await cluster.kubectl('apply', '--server-side', '-k', 'config/namespaced');
  await waitFor('a KvStore can be made', () => cluster.createKvStore('default', 'other'));
  const operator = await cluster.startOperator({ environment: { KVSTORE_WATCH_NAMESPACES: 'shop' } });
  await cluster.createKvStore('shop', 'mine');
  await cluster.appears('ingresses', 'shop', 'mine');
  t.true(await operatorIsReady(operator.port));
  t.notRegex(await operator.metrics(), /rest_client_requests_total\{method="\w+",code="403"\}/);
  const error = await t.throwsAsync(cluster.get('deployments', 'default', 'other'));
  t.true(hasStatus(error, 404));
});

async function operatorIsReady(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
}
