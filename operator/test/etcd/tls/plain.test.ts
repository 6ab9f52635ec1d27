/** An etcd from before its members spoke TLS. */
import type { V1ConfigMap, V1StatefulSet } from '@kubernetes/client-node';
import test from 'ava';
import type { EtcdObjects, EtcdTools } from '../../../src/etcd/contract.ts';
import { PlainEtcdError } from '../../../src/etcd/plain-etcd-error.ts';
import { reconcileEtcd } from '../../../src/etcd/reconcile-etcd.ts';
import { kvstoreWith } from '../samples.ts';

const defaults = { image: 'registry.k8s.io/etcd:v3.6.16', authorityPhaseMs: 1000 };
const metadata = { name: 'shop-etcd', namespace: 'team' };

class Touched extends Error {}

/** Refuses whatever is tried first. */
const tools = new Proxy({ isReadOnly: false } as EtcdTools, {
  get: ({ isReadOnly }, name) => {
    if (name === 'isReadOnly') return isReadOnly;
    return () => {
      if (name === 'now') return new Date();
      throw new Touched(String(name));
    };
  },
});

function reconcile(volumes: readonly string[], config: string | undefined): Promise<unknown> {
  const spec = { volumes: volumes.map((name) => ({ name })), containers: [] };
  const statefulSet = { metadata, spec: { template: { spec } } } as unknown as V1StatefulSet;
  const configMap: V1ConfigMap = { metadata, data: { 'shop-etcd-0.yaml': config ?? '' } };
  const objects: EtcdObjects = {
    statefulSet,
    ...(config === undefined ? {} : { configMap }),
    pods: [],
    claims: [],
    secrets: [],
    trials: { jobs: [], pods: [] },
  };
  return reconcileEtcd(kvstoreWith(), objects, tools, defaults);
}

test('it is refused before anything is touched', async (t) => {
  await t.throwsAsync(reconcile(['config'], '{"listen-client-urls":"http://0.0.0.0:2379"}'), {
    instanceOf: PlainEtcdError,
  });
  await t.throwsAsync(reconcile(['config'], undefined), { instanceOf: PlainEtcdError });
});

test('one with TLS is not taken for it, though somebody has altered its StatefulSet or deleted its ConfigMap', async (t) => {
  for (const [volumes, config] of [
    [['config', 'tls'], undefined],
    [['config', 'tls'], '{"cert-file":"/etc/etcd-tls/tls.crt"}'],
    [['config'], '{"cert-file":"/etc/etcd-tls/tls.crt"}'],
  ] as const) {
    await t.throwsAsync(reconcile(volumes, config), { instanceOf: Touched });
  }
});
