/** A KvStore that answers every client says so, and an operator can be told to give it no route. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import type { KvStoreSpec } from '../src/kvstore.ts';
import { openFinding } from '../src/status/condition/open.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { waitForCondition } from './support/conditions.ts';
import { kvStore } from './support/kvstore.ts';

const ingress = { enabled: true, className: 'traefik', pages: false };
const cases: readonly [spec: Partial<KvStoreSpec>, status: string, reason: string][] = [
  [{}, 'True', 'EveryHost'],
  [{ ingress: { ...ingress, host: 'shop.test' } }, 'True', 'NoTokens'],
  [{ ingress: { ...ingress, enabled: false } }, 'False', 'NoIngress'],
  [{ auth: { tokensSecretName: 'tokens' } }, 'False', 'TokensRequired'],
];
for (const [spec, status, reason] of cases) {
  test(`${reason}: ${JSON.stringify(spec)}`, (t) => t.like(openFinding(kvStore(spec)), { status, reason }));
}

let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

async function columnsOf(namespace: string): Promise<string> {
  return cluster.kubectl('get', 'kvstores', '-n', namespace);
}

test.serial(
  'the smallest KvStore has its route, a condition, an Event and a column that say which clients it answers',
  async (t) => {
    const operator = await cluster.startOperator();
    const namespace = await cluster.createNamespace();
    await cluster.createKvStore(namespace, 'small', { etcd: {}, ingress: {} });
    await cluster.appears('ingresses', namespace, 'small');
    await waitForCondition(cluster, namespace, 'small', { type: 'Open', status: 'True', reason: 'EveryHost' });
    t.regex(await columnsOf(namespace), /OPEN.*\n.*EveryHost/);
    const events = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    const event = await waitFor('the Event', async () => {
      const { items } = await cluster.admin.request<{ items: { reason: string; type: string }[] }>('GET', events);
      return items.find(({ reason }) => reason === 'OpenToAll') ?? false;
    });
    t.like(event, { type: 'Warning' });
    await operator.stop();
  },
);

test.serial('an operator that demands a host or tokens takes the route away, and gives it back', async (t) => {
  const namespace = await cluster.createNamespace();
  const earlier = await cluster.startOperator();
  await cluster.createKvStore(namespace, 'small', { etcd: {}, ingress: { className: 'other' } });
  await cluster.appears('ingresses', namespace, 'small');
  await earlier.stop();

  await cluster.startOperator({ environment: { KVSTORE_OPEN_STORES: 'refused' } });
  await cluster.disappears('ingresses', namespace, 'small');
  const refused = { type: 'Degraded', status: 'True', reason: 'Refused' } as const;
  t.regex((await waitForCondition(cluster, namespace, 'small', refused)).message, /spec\.ingress\.host or spec\.auth/);
  t.true(await cluster.has('deployments', namespace, 'small'));
  await cluster.patch('kvStores', namespace, 'small', { spec: { ingress: { host: 'small.test' } } });
  await cluster.appears('ingresses', namespace, 'small');
  await waitForCondition(cluster, namespace, 'small', { type: 'Open', status: 'True', reason: 'NoTokens' });
});
