import test from 'ava';
import { eventually } from '../../test-support/eventually.ts';
import { startCluster } from './support/cluster.ts';

test('a minimal KvStore gets all of its objects', async (t) => {
  const t0 = performance.now();
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  t.log('up', performance.now() - t0);
  const operator = await cluster.startOperator();
  t.log('operator', performance.now() - t0);
  await cluster.kubectl('apply', '--server-side', '-f', 'config/samples/minimal.yaml');
  await eventually(async () => {
    const { status } = await cluster.admin.request<{ status: unknown }>(
      'GET',
      '/apis/kvstore.dev/v1alpha1/namespaces/default/kvstores/example',
    );
    if (status === undefined) throw new Error('no status');
    t.log(JSON.stringify(status));
  }, 20000).catch((e) => t.log(e));
  t.log(operator.log.join(''));
  t.log(await cluster.kubectl('get', 'kvs,deploy,svc,ing,pdb,netpol,sa', '-l', 'app.kubernetes.io/name=kvstore'));
  t.log('end', performance.now() - t0);
  t.pass();
});
