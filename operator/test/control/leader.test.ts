/** Two operators, one leader: handed over at once when it stops, taken over when it is gone, given up when it is lost. */
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { type Cluster, operatorNamespace, type RunningOperator, startCluster } from '../support/cluster.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

const lease = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 500 };
const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/kvstore-operator`;
const environment = { KVSTORE_POD_NAMESPACE: operatorNamespace };

interface LeaseShape {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}
const readLease = (): Promise<LeaseShape> => cluster.admin.request('GET', leasePath);

async function leads(operator: RunningOperator): Promise<boolean> {
  return /^leader_election_master_status\{name="kvstore"\} 1$/m.test(await operator.metrics());
}

async function waitUntilLeading(operator: RunningOperator): Promise<void> {
  await waitFor('the operator leads', () => leads(operator));
}

test.serial('of two operators one leads and works, and when it stops the other goes on at once', async (t) => {
  const first = await cluster.startOperator({ environment, lease });
  await waitUntilLeading(first);
  // A lease that would never run out within this test: only giving it back lets the second one lead.
  const patient = { leaseMs: 600_000, renewDeadlineMs: 2_000, retryMs: 500 };
  const second = await cluster.startOperator({ environment, lease: patient });
  const namespace = await cluster.createNamespace();
  await cluster.createKvStore(namespace, 'one');
  await cluster.appears('ingresses', namespace, 'one');
  t.false(await leads(second));
  t.notRegex(await second.metrics(), /rest_client_requests_total\{method="PATCH"/);

  await first.stop();
  t.is((await readLease()).spec.holderIdentity === 'operator-0', false);
  await waitUntilLeading(second);
  await cluster.createKvStore(namespace, 'two');
  await cluster.appears('ingresses', namespace, 'two');
  await second.stop();
  t.is((await readLease()).spec.holderIdentity, '');
});

test.serial('an operator that is replaced in the Lease stops working and ends', async (t) => {
  const operator = await cluster.startOperator({ environment, lease });
  await waitUntilLeading(operator);
  const { spec } = await readLease();
  const body = { spec: { ...spec, holderIdentity: 'another', leaseDurationSeconds: 1 } };
  await cluster.admin.request('PATCH', leasePath, { body, contentType: 'application/merge-patch+json' });
  t.regex((await operator.ended)?.message ?? '', /leadership lost/);
  t.is((await readLease()).spec.holderIdentity, 'another', 'what it lost it does not give back');
});

test.serial('the Lease of an operator that vanished is taken over after its time', async (t) => {
  const operator = await cluster.startOperator({ environment, lease });
  await waitUntilLeading(operator);
  const { spec } = await readLease();
  t.not(spec.holderIdentity, 'another');
  t.true(spec.leaseTransitions >= 1);
  await operator.stop();
});
