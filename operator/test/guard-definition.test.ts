/** Deleting the resource definition would delete every KvStore: it is refused until somebody means it. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { hasStatus } from '../src/kube/kube-error.ts';
import { startCluster } from './support/cluster.ts';

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kvstores.kvstore.dev';

test('the definition is deleted only when it is marked for it', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'shop');
  const remove = (dryRun = true) =>
    cluster.admin.request('DELETE', path, { query: dryRun ? { dryRun: 'All' } : {} }).then(
      () => undefined,
      (error: unknown) => error,
    );
  // The API server takes a policy up a moment after it was made.
  const refusal = await waitFor('it is refused', async () => (await remove()) ?? false);
  t.true(hasStatus(refusal, 403));
  t.regex(String(refusal), /deletes every KvStore.*config\/without-crd.*allow-deletion=yes/s);
  await t.throwsAsync(cluster.kubectl('delete', '-f', 'config/crd/kvstores.yaml', '--wait=false'));
  t.true(await cluster.has('kvStores', namespace, 'shop'));
  await cluster.kubectl('annotate', 'crd', 'kvstores.kvstore.dev', 'kvstore.dev/allow-deletion=yes');
  t.is(await waitFor('it is allowed', async () => (await remove()) === undefined), true);
});
