/** Two operators, one leader: handed over at once when it stops, taken over when it is gone, given up when it is lost. */
import { once } from 'node:events';
import test from 'ava';
import { pino } from 'pino';
import { waitFor } from '../../../test-support/wait-for.ts';
import { systemClock } from '../../src/clock.ts';
import { LeaderElection } from '../../src/control/leader.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { type Cluster, operatorNamespace, type RunningOperator, startCluster } from '../support/cluster.ts';

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

/** One that does not run out, however busy the machine is. */
const lease = { leaseMs: 600_000, renewDeadlineMs: 300_000, retryMs: 500 };
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
  // Only giving the lease back lets the second one lead.
  const second = await cluster.startOperator({ environment, lease });
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

// By which write is cut off when the operator stops: the one that takes the Lease, and one that renews it.
for (const [what, cutOff] of [
  ['taking it', 1],
  ['renewing it', 2],
] as const) {
  test.serial(`a Lease is given back although ${what} was cut off, and had come through`, async (t) => {
    const stop = new AbortController();
    let writes = 0;
    const client = {
      find: (...asked: Parameters<KubeClient['find']>) => cluster.admin.find(...asked),
      async request(...asked: Parameters<KubeClient['request']>) {
        const isCutOff = ++writes === cutOff;
        const answer = await cluster.admin.request(...asked);
        if (!isCutOff) return answer;
        stop.abort(new Error('stopped'));
        throw stop.signal.reason;
      },
    } as KubeClient;
    const name = `cut-off-${cutOff}`;
    const options = { client, clock: systemClock, log: pino({ level: 'silent' }), namespace: operatorNamespace };
    const election = new LeaderElection({ ...options, ...lease, retryMs: 50, name, identity: 'one' });
    const lead = (leading: AbortSignal) => once(leading, 'abort').then(() => {});
    t.false(await election.run(stop.signal, lead), 'it was not lost');
    const path = leasePath.replace('kvstore-operator', name);
    t.is((await cluster.admin.request<LeaseShape>('GET', path)).spec.holderIdentity, '');
  });
}

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
  const short = { leaseMs: 10_000, renewDeadlineMs: 9_000, retryMs: 500 };
  const operator = await cluster.startOperator({ environment, lease: short });
  await waitUntilLeading(operator);
  const { spec } = await readLease();
  t.not(spec.holderIdentity, 'another');
  t.true(spec.leaseTransitions >= 1);
  await operator.stop();
});
