/**
 * For each kind of thing a client may do: clients that do their worst within the limits as shipped, against one pod with the
 * resources that the operator gives it. It is not killed and stays ready, and an ordinary client goes on. How fast is for
 * `npm run budgets`; what is logged here is of whatever machine the cluster has. Needs KV_E2E_POD_ADDRESSES.
 */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { Bystander } from '../checks/budgets/bystander.ts';
import { attacks, startAttack } from '../checks/budgets/start-attack.ts';
import { fill, setAt } from '../checks/budgets/worst-clients.ts';
import { now } from '../checks/overload/exchange.ts';
import { Steady } from '../checks/overload/steady.ts';
import { waitFor } from '../test-support/wait-for.ts';
import { lost } from './support/client.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { MetricWatch } from './support/metrics.ts';
import { installOperator } from './support/operator.ts';
import { healthOf, limitedMemory } from './support/pod.ts';

const testWithPods = (process.env.KV_E2E_POD_ADDRESSES ?? '') === '' ? test.skip : test;
const mebibyte = 2 ** 20;
/** Seconds without an attack, and beside each. */
const seconds = 3;

test.before('install', installOperator);

testWithPods('beside each kind of worst client a pod keeps its memory and stays ready, and others go on', async (t) => {
  // One replica: the attack, probes and the ordinary client meet in it. Room for the history that sets of a mebibyte leave.
  const spec = { replicas: 1, etcd: { members: 1, storage: { size: '8Gi' } } };
  const store = await createKvStore(await makeNamespace(t), spec);
  const [pod] = (await store.servicePods()).map(({ name }) => ({ namespace: store.namespace, name }));
  if (pod === undefined) throw new Error('The KvStore has no pod');
  t.is(await limitedMemory(pod), 512 * mebibyte);
  const before = await healthOf(pod);
  t.like(before, { restarts: 0, lastState: {}, ready: 'True' });
  const address = { host: before.address, port: 8080 };
  await fill(setAt(address));

  await using ending = new AsyncDisposableStack();
  const acknowledged = new Map<string, string>();
  let written = 0;
  const writer = ending.use(
    new Bystander(
      address,
      () => ({ path: '/set', body: JSON.stringify({ [`ordinary-${written}`]: written++ }) }),
      1,
      ({ body = '' }) => {
        for (const [key, value] of Object.entries(JSON.parse(body))) acknowledged.set(key, String(value));
      },
    ),
  );
  const reader = ending.use(new Bystander(address, () => ({ path: '/get/a0-x' }), 1));
  const prober = ending.use(new Steady(address, [{ path: '/livez' }], 100, false));
  using memory = new MetricWatch(`http://${address.host}:${address.port}/metrics`, 'process_resident_memory_bytes');

  const look = async (what: string, action: () => Promise<void>) => {
    const [reads, writes, start] = [reader.answered, writer.answered, now()];
    memory.forget();
    await action();
    const elapsed = (now() - start) / 1000;
    const rate = (answered: number) => `${(answered / elapsed).toFixed(1)}/s`;
    const probes = prober.between(start, now()).map(({ took }) => took);
    t.log(
      `${what}: reads ${rate(reader.answered - reads)}, writes ${rate(writer.answered - writes)}, `,
      `/livez ${Math.max(0, ...probes).toFixed()} ms, ${(memory.most / mebibyte).toFixed()} MiB`,
    );
  };
  // The time is what the rates are of.
  await look('alone', () => pause(seconds * 1000));
  for (const kind of attacks) {
    const end = await startAttack(address, kind);
    try {
      await look(kind, async () => {
        const [reads, writes] = [reader.answered, writer.answered];
        await pause(seconds * 1000);
        const goesOn = () => reader.answered > reads && writer.answered > writes;
        await waitFor(`an ordinary client reads and writes beside ${kind}`, goesOn);
      });
    } finally {
      await end();
    }
    t.deepEqual(await healthOf(pod), before, kind);
    t.deepEqual([...reader.unexpected, ...writer.unexpected], [], kind);
  }
  await ending.disposeAsync();
  t.deepEqual(await healthOf(pod), before);
  t.deepEqual(
    prober.exchanges.map(({ outcome }) => outcome).filter((outcome) => outcome !== 200),
    [],
  );
  t.deepEqual([...reader.unexpected, ...writer.unexpected], []);
  t.log(`${acknowledged.size} values of an ordinary client`);
  t.deepEqual(await lost({ url: `http://${address.host}:${address.port}`, host: address.host }, acknowledged), []);
});
