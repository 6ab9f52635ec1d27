/** The operator goes on when the API server was killed, and its history lost. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { pathOf, resources } from '../src/kube/resources.ts';
import { startCluster } from './support/cluster.ts';

test('an API server that was killed and restarted is followed again, deletions included', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const operator = await cluster.startOperator();
  await cluster.createKvStore('default', 'before');
  await cluster.appears('ingresses', 'default', 'before');

  await cluster.server.kill();
  await waitFor('it is noticed', () => operator.log.some((line) => line.includes('watch interrupted')));
  t.is((await fetch(`http://127.0.0.1:${operator.port}/livez`)).status, 200, 'an absent API server is no illness');
  await cluster.server.start();
  // Written before the operator's watches are back, which begin at a version that this API server no longer has.
  await cluster.admin.request('DELETE', pathOf(resources.services, 'default', 'before'));
  await cluster.createKvStore('default', 'after');
  await cluster.appears('services', 'default', 'before');
  await cluster.appears('ingresses', 'default', 'after');
  const metrics = await (await fetch(`http://127.0.0.1:${operator.port}/metrics`)).text();
  t.regex(metrics, /kvstore_operator_watch_restarts_total\{resource="kvstores"\} [1-9]/);
});
