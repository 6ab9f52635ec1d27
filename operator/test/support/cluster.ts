/** A real API server with the operator's whole config installed, and operators that run under its ServiceAccount. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KubernetesObject } from '@kubernetes/client-node';
import { Registry } from 'prom-client';
import { type KubeApiServer, startKubeApiServer } from '../../../test-support/kube-apiserver.ts';
import { findBinary } from '../../../test-support/programs/binaries.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { ReconcileEtcd } from '../../src/etcd/contract.ts';
import { KubeClient } from '../../src/kube/kube-client.ts';
import { hasStatus } from '../../src/kube/kube-error.ts';
import { PooledKubeConfig } from '../../src/kube/pooled-kube-config.ts';
import { pathOf, type Resource, type ResourceName, resources } from '../../src/kube/resources.ts';
import type { KvStore } from '../../src/kvstore.ts';
import { createLog } from '../../src/log.ts';
import { type Operator, startOperator } from '../../src/operator.ts';
import type { MemberAccess } from '../../src/reconcile/etcd-tools.ts';
import { noMembers, settledEtcd } from './fake-etcd.ts';

export const operatorNamespace = 'kvstore-system';
const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Cluster {
  readonly server: KubeApiServer;
  /** As a cluster administrator. */
  readonly admin: KubeClient;
  kubectl(...args: readonly string[]): Promise<string>;
  /** Calls as the operator's ServiceAccount. */
  operatorKubeConfig(): Promise<PooledKubeConfig>;
  startOperator(options?: OperatorStart): Promise<RunningOperator>;
  createNamespace(): Promise<string>;
  /** With a host of its own, unless the spec has an ingress. Fails when the API server refuses it. */
  createKvStore(namespace: string, name: string, spec?: object): Promise<KvStore>;
  /** @throws KubeError 404 when there is none */
  get<T = AnyObject>(resource: ResourceName, namespace: string, name: string): Promise<T>;
  has(resource: ResourceName, namespace: string, name: string): Promise<boolean>;
  /** Resolves once it is there. */
  appears<T extends object = AnyObject>(resource: ResourceName, namespace: string, name: string): Promise<T>;
  /** Resolves once it is not there any more. */
  disappears(resource: ResourceName, namespace: string, name: string): Promise<void>;
  /** A JSON merge patch, as a user would make it; of a subresource when one is named. */
  patch(resource: ResourceName, namespace: string, name: string, body: object, subresource?: string): Promise<void>;
  stop(): Promise<void>;
}

export interface OperatorStart {
  readonly environment?: Readonly<Record<string, string>>;
  readonly reconcileEtcd?: ReconcileEtcd;
  readonly memberAccess?: MemberAccess;
  readonly kubeConfig?: PooledKubeConfig;
  readonly lease?: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
}

export interface RunningOperator extends Operator {
  /** As they are now; its port shows them for a second. */
  metrics(): Promise<string>;
  /** Lines of its log. */
  readonly log: readonly string[];
}

/** @param install false: only the API server, without the operator's config */
export async function startCluster({ install = true, audit = false } = {}): Promise<Cluster> {
  const server = await startKubeApiServer({ audit });
  const running: Operator[] = [];
  const kubeConfigs: PooledKubeConfig[] = [];
  const kubeConfigOf = (text: string): PooledKubeConfig => {
    const kubeConfig = new PooledKubeConfig();
    kubeConfig.loadFromString(text);
    kubeConfigs.push(kubeConfig);
    return kubeConfig;
  };
  const adminConfig = new PooledKubeConfig();
  adminConfig.loadFromFile(server.kubeconfig);
  kubeConfigs.push(adminConfig);
  const admin = new KubeClient({ kubeConfig: adminConfig, deadlineMs: 30_000 });
  let namespaces = 0;

  const cluster: Cluster = {
    server,
    admin,
    async kubectl(...args) {
      const kubectl = findBinary('kubectl');
      if (kubectl === undefined) throw new Error('kubectl was found neither in KUBEBUILDER_ASSETS nor in the PATH');
      const options = { cwd: root, env: { KUBECONFIG: server.kubeconfig, HOME: '/nonexistent' }, maxBuffer: 2 ** 26 };
      const { stdout } = await promisify(execFile)(kubectl, args, options);
      return stdout;
    },
    async operatorKubeConfig() {
      const path = `${pathOf(serviceAccounts, operatorNamespace, 'kvstore-operator')}/token`;
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
      const { status } = await admin.request<{ status: { token: string } }>('POST', path, { body });
      return kubeConfigOf(server.kubeconfigFor(status.token));
    },
    async startOperator(options = {}) {
      const log: string[] = [];
      const environment = {
        KVSTORE_POD_NAME: `operator-${running.length}`,
        KVSTORE_PORT: '0',
        KVSTORE_HOST: '127.0.0.1',
        KVSTORE_SERVICE_IMAGE: 'kvstore/service:test',
        ...options.environment,
      };
      const registry = new Registry();
      const operator = await startOperator({
        registry,
        kubeConfig: options.kubeConfig ?? (await cluster.operatorKubeConfig()),
        config: readConfig(environment, { version: '0.0.0', hostName: 'test' }),
        clock: systemClock,
        log: createLog('debug', { write: (line) => log.push(line) }),
        reconcileEtcd: options.reconcileEtcd ?? settledEtcd,
        memberAccess: options.memberAccess ?? noMembers,
        build: { version: '0.0.0-test', node: process.version },
        now: () => new Date(),
        ...(options.lease === undefined ? {} : { lease: options.lease }),
      });
      running.push(operator);
      return { ...operator, log, metrics: () => registry.metrics() };
    },
    async createNamespace() {
      namespaces += 1;
      const name = `test-${namespaces}`;
      await admin.request('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
      return name;
    },
    createKvStore(namespace, name, spec = { etcd: {} }) {
      const hosted = { ingress: { host: `${name}.${namespace}.test` }, ...spec };
      const body = { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name }, spec: hosted };
      return admin.request('POST', pathOf(resources.kvStores, namespace), {
        body,
        query: { fieldValidation: 'Strict' },
      });
    },
    get: (resource, namespace, name) => admin.request('GET', pathOf(resources[resource], namespace, name)),
    appears: (resource, namespace, name) =>
      waitFor(`${resource} ${name} appears`, () => cluster.get(resource, namespace, name)),
    async has(resource, namespace, name) {
      try {
        await cluster.get(resource, namespace, name);
        return true;
      } catch (error) {
        if (hasStatus(error, 404)) return false;
        throw error;
      }
    },
    async disappears(resource, namespace, name) {
      await waitFor(`${resource} ${name} disappears`, async () => !(await cluster.has(resource, namespace, name)));
    },
    async patch(resource, namespace, name, body, subresource) {
      const path = pathOf(resources[resource], namespace, name) + (subresource === undefined ? '' : `/${subresource}`);
      await admin.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });
    },
    async stop() {
      await Promise.all(running.map((operator) => operator.stop()));
      await Promise.all(kubeConfigs.map((kubeConfig) => kubeConfig.destroy()));
      await server.stop();
    },
  };
  try {
    if (install) await installConfig(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

const serviceAccounts: Resource = { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' };

async function installConfig(cluster: Cluster): Promise<void> {
  await cluster.kubectl('apply', '--server-side', '-f', 'config/kvstore.yaml');
  const ingressClass = { metadata: { name: 'traefik' }, spec: { controller: 'traefik.io/ingress-controller' } };
  await cluster.admin.request('POST', '/apis/networking.k8s.io/v1/ingressclasses', { body: ingressClass });
  await waitFor('KvStores are served', () => cluster.admin.request('GET', '/apis/kvstore.dev/v1alpha1/kvstores'));
}

export type AnyObject = KubernetesObject & Readonly<Record<string, unknown>>;
