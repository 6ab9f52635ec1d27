/**
 * Everything that Prometheus scrapes, for real: three members of etcd, two replicas on it, one that finds no etcd, one
 * with the embedded store, and an operator on a real API server, under traffic of every kind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadYaml } from '@kubernetes/client-node';
import { type Cluster, operatorNamespace, startCluster } from '../../../operator/test/support/cluster.ts';
import { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { ServiceProcess } from '../../../test-support/service-process/service-process.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { discover, type Target, type WithTemplate } from './pods.ts';
import { Prometheus } from './prometheus.ts';
import { rulesFile } from './promtool.ts';
import { startTraffic, takeLease } from './traffic.ts';

const operatorMain = fileURLToPath(new URL('../../../operator/src/main.ts', import.meta.url));
const scrapeFile = new URL('../../scrape.yaml', import.meta.url);

export interface Rig {
  readonly prometheus: Prometheus;
  /** Of what is scraped: members of etcd, services, the operator. */
  readonly targets: number;
  readonly services: readonly ServiceProcess[];
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'kvstore-rig-'));
    cleanUps.push(() => rm(folder, { recursive: true, force: true }));
    const [etcd, cluster, [nowhere = 0, operatorPort = 0]] = await Promise.all([
      EtcdCluster.start({ size: 3, unsafeNoFsync: false }).then((it) => keep(it, () => it.stop())),
      startCluster().then((it) => keep(it, () => it.stop())),
      freePorts(2),
    ]);
    const service = async (name: string, endpoints: readonly string[]) => {
      const byLease = { KV_FRESH_READS: 'lease', KV_PEER_PORT: '0', KV_PEER_ADDRESS: '127.0.0.1' };
      const settings = { KV_REQUEST_TIMEOUT: '500ms', ...byLease };
      const it = await ServiceProcess.start({ endpoints, dataDir: join(folder, name), settings });
      return keep(it, () => it.kill());
    };
    const services = await Promise.all([
      service('shop-a', etcd.endpoints),
      service('shop-b', etcd.endpoints),
      service('shop-c', [`http://127.0.0.1:${nowhere}`]),
      service('laptop', []),
    ]);
    const operator = startOperatorProcess(cluster, operatorPort);
    cleanUps.push(async () => void operator.kill('SIGKILL'));
    await Promise.all(services.slice(0, 2).map(({ url }) => takeLease(url)));
    const stopTraffic = startTraffic(services.map(({ url }) => url));
    cleanUps.push(stopTraffic);

    await giveWork(cluster, operatorPort);
    const [shopA, shopB, shopC, laptop] = services;
    const deployment = await cluster.get<WithTemplate>('deployments', 'default', 'shop');
    const statefulSet = await cluster.get<WithTemplate>('statefulSets', 'default', 'shop-etcd');
    const own = await cluster.get<WithTemplate>('deployments', operatorNamespace, 'kvstore-operator');
    const laptopTemplate = structuredClone(deployment.spec.template);
    Object.assign(laptopTemplate.metadata?.labels ?? {}, { 'app.kubernetes.io/instance': 'laptop' });
    const pods = [
      ...[shopA, shopB, shopC].map((it, i) => ['default', `shop-${'abc'[i]}`, deployment.spec.template, it?.port]),
      ['default', 'laptop-a', laptopTemplate, laptop?.port],
      ...etcd.members.map(({ port }, i) => ['default', `shop-etcd-${i}`, statefulSet.spec.template, port]),
      [operatorNamespace, 'kvstore-operator-a', own.spec.template, operatorPort],
    ] as [string, string, WithTemplate['spec']['template'], number][];

    const prometheus = await startPrometheus(
      pods.flatMap((pod) => discover(...pod)),
      folder,
    );
    cleanUps.push(() => prometheus.stop());
    return { prometheus, targets: pods.length, services, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  function keep<T>(it: T, cleanUp: () => Promise<unknown>): T {
    cleanUps.push(cleanUp);
    return it;
  }
}

function startOperatorProcess(cluster: Cluster, port: number): ChildProcess {
  const env = {
    ...{ KUBECONFIG: cluster.server.kubeconfig, KVSTORE_HOST: '127.0.0.1', KVSTORE_PORT: String(port) },
    ...{ KVSTORE_POD_NAMESPACE: operatorNamespace, KVSTORE_POD_NAME: 'kvstore-operator-a' },
  };
  return spawn(process.execPath, [operatorMain], { env, stdio: 'ignore' });
}

/** A KvStore that is made, one that cannot be, and an API server that goes away and comes back. */
async function giveWork(cluster: Cluster, operatorPort: number): Promise<void> {
  const taken = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'taken' }, spec: { ports: [{ port: 80 }] } };
  await cluster.admin.request('POST', '/api/v1/namespaces/default/services', { body: taken });
  const backup = { schedule: '@daily', storage: { size: '1Gi' } };
  await cluster.createKvStore('default', 'shop', { etcd: {}, backup });
  await cluster.createKvStore('default', 'taken');
  const metrics = async () => await (await fetch(`http://127.0.0.1:${operatorPort}/metrics`)).text();
  await waitFor('the operator has made what it could', async () => {
    await cluster.get('deployments', 'default', 'shop');
    await cluster.get('statefulSets', 'default', 'shop-etcd');
    await cluster.get('cronJobs', 'default', 'shop-backup');
    return /^kvstore_degraded\{[^}]*"taken"[^}]*\} 1$/m.test(await metrics());
  });
  // As if the cluster had run it: this one runs no Jobs.
  const now = new Date().toISOString();
  const times = { lastScheduleTime: now, lastSuccessfulTime: now };
  await cluster.patch('cronJobs', 'default', 'shop-backup', { status: times }, 'status');
  await cluster.server.kill();
  await cluster.server.start();
  await waitFor('the operator has started its watches again', async () =>
    /^kvstore_operator_watch_restarts_total\{/m.test(await metrics()),
  );
}

/** With the scrape configuration and the rules that people are given; only the targets are handed over. */
async function startPrometheus(targets: readonly Target[], folder: string): Promise<Prometheus> {
  const { scrape_configs } = loadYaml<{ scrape_configs: { kubernetes_sd_configs?: unknown }[] }>(
    await readFile(scrapeFile, 'utf8'),
  );
  // Groups that are evaluated every five minutes are, here, as often as the others.
  const { groups } = loadYaml<{ groups: { interval?: string }[] }>(await readFile(rulesFile, 'utf8'));
  const rules = join(folder, 'rules.json');
  await writeFile(rules, JSON.stringify({ groups: groups.map(({ interval: _, ...group }) => group) }));
  return await Prometheus.start({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    scrape_configs: scrape_configs.map(({ kubernetes_sd_configs: _, ...rest }) => ({
      ...rest,
      static_configs: targets,
    })),
    rule_files: [rules],
  });
}
