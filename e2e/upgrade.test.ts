/** A new version of the operator makes pods from another image: KvStores take turns. */
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { field, getFromPod, kubectl, podsOf } from './support/kubectl.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { installOperator, operatorRolledOut, operatorSelector } from './support/operator.ts';

test.before('install', installOperator);

const pauseSeconds = 5;
const operator = ['-n', 'kvstore-system', 'deployment/kvstore-operator'];
const newVersion = {
  KVSTORE_SERVICE_IMAGE: 'kvstore/service:next',
  KVSTORE_UPGRADES_AT_ONCE: '1',
  KVSTORE_UPGRADE_PAUSE_SECONDS: String(pauseSeconds),
};

interface Turn {
  readonly name: string;
  readonly began: number;
  readonly ended: number;
}

test('three KvStores get new pods one after the other, with a pause between them, and stay ready', async (t) => {
  const namespace = await makeNamespace(t);
  const spec = { replicas: 1, etcd: { members: 1, storage: { size: '1Gi' } } };
  const stores = await Promise.all(['a', 'b', 'c'].map((name) => createKvStore(namespace, spec, name)));
  t.teardown(async () => {
    await kubectl('set', 'env', ...operator, ...Object.keys(newVersion).map((name) => `${name}-`));
    await operatorRolledOut();
  });
  await kubectl('set', 'env', ...operator, ...Object.entries(newVersion).map(([name, value]) => `${name}=${value}`));
  await operatorRolledOut();

  let mostWaiting = 0;
  const watchWaiting = async () => {
    const pods = await podsOf('kvstore-system', operatorSelector);
    const texts = await Promise.all(pods.map(({ name }) => getFromPod('kvstore-system', name, 8081, '/metrics')));
    const counts = texts.map((text) => Number(/^kvstore_operator_upgrades_waiting (\d+)/m.exec(text)?.[1] ?? 0));
    mostWaiting = Math.max(mostWaiting, ...counts);
  };
  const image = (name: string) =>
    field('.spec.template.spec.containers[0].image', `deployment/${name}`, '-n', namespace);
  const isReady = async (name: string) => {
    const path = '.status.conditions[?(@.type=="Ready")].status';
    return (await field(path, `kvs/${name}`, '-n', namespace)) === 'True';
  };
  const within = { timeout: 100_000, interval: 200 };
  const turns = await Promise.all(
    stores.map(async ({ name, settled }): Promise<Turn> => {
      await waitFor(
        `${name} has its turn`,
        async () => {
          await watchWaiting().catch(() => {});
          return (await image(name)).endsWith(':next');
        },
        within,
      );
      const began = performance.now();
      t.true(await isReady(name), 'the old pod serves until the new one does');
      await settled();
      return { name, began, ended: performance.now() };
    }),
  );
  turns.sort((a, b) => a.began - b.began);
  const seconds = (ms: number) => Math.round((ms - (turns[0]?.began ?? 0)) / 100) / 10;
  for (const { name, began, ended } of turns) t.log(`${name}: from ${seconds(began)} s to ${seconds(ended)} s`);
  for (const [i, { began }] of turns.entries()) {
    const before = turns[i - 1];
    // Both times are seen late, by the same polling.
    if (before !== undefined) t.true(began - before.began >= pauseSeconds * 1000, `${before.name} was alone`);
  }
  t.true(mostWaiting >= 1, 'the metric counts those that wait');
});
