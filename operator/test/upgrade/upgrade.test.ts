/** A new version of the operator over several KvStores. */
import type { V1Deployment } from '@kubernetes/client-node';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { KvStore } from '../../src/kvstore.ts';
import { conditionOf } from '../../src/status/conditions.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';

const names = ['a', 'b', 'c'];
const spec = { replicas: 1, ingress: { enabled: false }, externalEtcd: { endpoints: ['http://etcd:2379'] } };

async function deployment(cluster: Cluster, namespace: string, name: string): Promise<V1Deployment> {
  return cluster.get<V1Deployment>('deployments', namespace, name);
}

/** As the Deployment's controller would once all pods are new. */
async function rollOut(cluster: Cluster, namespace: string, name: string, replicas = 1): Promise<void> {
  const { metadata } = await deployment(cluster, namespace, name);
  const all = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
  const status = { observedGeneration: metadata?.generation, ...all };
  await cluster.patch('deployments', namespace, name, { status }, 'status');
}

/** One KvStore at a time, without a pause between two. */
function startOperator(cluster: Cluster, image: string, environment: Readonly<Record<string, string>> = {}) {
  return cluster.startOperator({
    environment: {
      ...environment,
      KVSTORE_SERVICE_IMAGE: image,
      KVSTORE_UPGRADES_AT_ONCE: '1',
      KVSTORE_UPGRADE_PAUSE_SECONDS: '0',
      KVSTORE_RESYNC_SECONDS: '1',
    },
  });
}

async function condition(cluster: Cluster, namespace: string, name: string, type: string) {
  const { status } = await cluster.get<KvStore>('kvStores', namespace, name);
  return conditionOf(status, type);
}

async function becomesReady(cluster: Cluster, namespace: string, name: string): Promise<void> {
  await waitFor(
    `${name} is ready`,
    async () => (await condition(cluster, namespace, name, 'Ready'))?.status === 'True',
  );
}

test('KvStores get new pods one after the other, each once the one before is ready', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  const imageOf = async (name: string) =>
    (await deployment(cluster, namespace, name)).spec?.template.spec?.containers[0]?.image;
  const former = await startOperator(cluster, 'kvstore/service:1');
  for (const name of names) await cluster.createKvStore(namespace, name, spec);
  for (const name of names) {
    await cluster.appears('deployments', namespace, name);
    await rollOut(cluster, namespace, name);
    await becomesReady(cluster, namespace, name);
  }
  await former.stop();

  const operator = await startOperator(cluster, 'kvstore/service:2');
  const updated = async () => {
    const images = await Promise.all(names.map(async (name) => [name, await imageOf(name)] as const));
    return images.filter(([, image]) => image === 'kvstore/service:2').map(([name]) => name);
  };
  const done: string[] = [];
  for (const [index] of names.entries()) {
    await waitFor('the next one has its turn', async () => (await updated()).length > index);
    await waitFor('the others wait', async () => {
      const waiting = names.length - index - 1;
      return new RegExp(`^kvstore_operator_upgrades_waiting ${waiting}$`, 'm').test(await operator.metrics());
    });
    const now = await updated();
    t.is(now.length, index + 1);
    const next = now.find((name) => !done.includes(name)) ?? '';
    done.push(next);
    await rollOut(cluster, namespace, next);
  }
  await waitFor('all have had their turn', async () =>
    /^kvstore_operator_upgrades_active 0$/m.test(await operator.metrics()),
  );
});

test('faults that have nothing to do with the pods keep no KvStore from its new pods', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  const start = (image: string, openStores: string) =>
    startOperator(cluster, image, { KVSTORE_OPEN_STORES: openStores });
  const former = await start('kvstore/service:1', 'allowed');
  // One for every host, one whose budget belongs to something else, and one that is well.
  const specs = { a: { ...spec, ingress: { enabled: true } }, b: { ...spec, replicas: 2 }, c: spec };
  await cluster.kubectl('create', 'pdb', 'b', '-n', namespace, '--selector=app=other', '--max-unavailable=1');
  for (const [name, each] of Object.entries(specs)) {
    await cluster.createKvStore(namespace, name, each);
    await cluster.appears('deployments', namespace, name);
    await rollOut(cluster, namespace, name, each.replicas);
    await becomesReady(cluster, namespace, name);
  }
  await former.stop();

  await start('kvstore/service:2', 'refused');
  const done = new Set<string>();
  while (done.size < names.length) {
    await waitFor(`another one than ${[...done]} gets new pods`, async () => {
      for (const name of names.filter((each) => !done.has(each))) {
        const { spec: made } = await deployment(cluster, namespace, name);
        if (made?.template.spec?.containers[0]?.image !== 'kvstore/service:2') continue;
        done.add(name);
        await rollOut(cluster, namespace, name, name === 'b' ? 2 : 1);
        return true;
      }
      return false;
    });
  }
  const reasonOf = async (name: string) => (await condition(cluster, namespace, name, 'Degraded'))?.reason;
  t.is(await reasonOf('a'), 'Refused');
  t.is(await reasonOf('b'), 'ObjectConflict');
});

test('reads by lease come after the image: two rollouts of one turn, and none while an old pod ends', async (t) => {
  const cluster = await startCluster();
  t.teardown(cluster.stop);
  const namespace = await cluster.createNamespace();
  const template = async () => {
    const { spec: made } = await deployment(cluster, namespace, 'a');
    const [container] = made?.template.spec?.containers ?? [];
    const mode = container?.env?.find(({ name }) => name === 'KV_FRESH_READS')?.value;
    return `${container?.image} ${mode}`;
  };
  const becomes = (wanted: string) => waitFor(wanted, async () => (await template()) === wanted);
  const former = await startOperator(cluster, 'kvstore/service:1');
  await cluster.createKvStore(namespace, 'a', { ...spec, freshReads: 'lease' });
  await cluster.appears('deployments', namespace, 'a');
  t.is(await template(), 'kvstore/service:1 lease', 'a new store has no pods of another image');
  await rollOut(cluster, namespace, 'a');
  await becomesReady(cluster, namespace, 'a');
  await former.stop();

  // As the Deployment's controller would have made it, with what it takes from the template.
  const labels = { ...(await deployment(cluster, namespace, 'a')).spec?.template.metadata?.labels };
  const annotations = { 'kvstore.dev/service-image': 'kvstore/service:1' };
  const containers = [{ name: 'service', image: 'kvstore/service:1' }];
  await cluster.admin.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    body: { metadata: { name: 'default' } },
  });
  await cluster.admin.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
    body: { metadata: { name: 'a-old', labels, annotations }, spec: { containers } },
  });
  const operator = await startOperator(cluster, 'kvstore/service:2');
  await becomes('kvstore/service:2 barrier');
  await rollOut(cluster, namespace, 'a');
  await waitFor('it says what it waits for', async () => {
    const progressing = await condition(cluster, namespace, 'a', 'Progressing');
    return /no pod of another image/.test(progressing?.message ?? '');
  });
  t.is(await template(), 'kvstore/service:2 barrier', 'the old pod still ends');
  t.regex(await operator.metrics(), /^kvstore_operator_upgrades_active 1$/m);

  await cluster.kubectl('delete', 'pod', 'a-old', '-n', namespace, '--grace-period=0', '--force');
  await becomes('kvstore/service:2 lease');
  await rollOut(cluster, namespace, 'a');
  await waitFor('the turn is over', async () => /^kvstore_operator_upgrades_active 0$/m.test(await operator.metrics()));

  await cluster.patch('kvStores', namespace, 'a', { spec: { freshReads: 'barrier' } });
  await becomes('kvstore/service:2 barrier');
  await rollOut(cluster, namespace, 'a');
  await cluster.patch('kvStores', namespace, 'a', { spec: { freshReads: 'lease' } });
  await becomes('kvstore/service:2 lease');
});
