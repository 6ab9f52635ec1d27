import type { KubernetesObject } from '@kubernetes/client-node';
import test from 'ava';
import { ObjectCache } from '../../src/kube/object-cache.ts';
import { kvStoreKeyOf } from '../../src/kube/sources.ts';

const object = (name: string, resourceVersion: string, uid = 'u', owner = 'o'): KubernetesObject => ({
  metadata: { namespace: 'n', name, resourceVersion, uid, labels: { owner } },
});
const createCache = () => new ObjectCache<KubernetesObject>(({ metadata }) => metadata?.labels?.owner);

test('an older state does not replace a newer one', (t) => {
  const cache = createCache();
  t.true(cache.put(object('a', '10')));
  t.false(cache.put(object('a', '9')));
  t.false(cache.put(object('a', '10')));
  t.is(cache.get('n', 'a')?.metadata?.resourceVersion, '10');
});

test('what is never read of an object is not kept, from a watch or from an answer', (t) => {
  const cache = createCache();
  const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  const put = (name: string, kind: string) => {
    const { metadata } = object(name, '1');
    const managedFields = [{ manager: 'kubectl' }];
    cache.put({ kind, metadata: { ...metadata, managedFields, annotations: { ...lastApplied, a: 'b' } } });
    return cache.get('n', name)?.metadata;
  };
  const service = put('a', 'Service');
  t.deepEqual(service?.annotations, { a: 'b' });
  t.is(service?.managedFields, undefined);
  const kvstore = put('b', 'KvStore');
  t.is(kvstore?.annotations, undefined);
  t.is(kvstore?.managedFields, undefined);
});

test('the removal of an object does not remove one made later under its name', (t) => {
  const cache = createCache();
  cache.put(object('a', '20', 'new'));
  t.false(cache.remove(object('a', '15', 'old')));
  t.is(cache.size, 1);
  t.true(cache.remove(object('a', '21', 'new')));
  t.is(cache.size, 0);
});

test('objects are found by their group, which they may change', (t) => {
  const cache = createCache();
  cache.put(object('a', '1', 'a', 'x'));
  cache.put(object('b', '2', 'b', 'x'));
  t.is(cache.ofGroup('x').length, 2);
  cache.put(object('a', '3', 'a', 'y'));
  t.is(cache.ofGroup('x').length, 1);
  t.is(cache.ofGroup('y').length, 1);
  cache.remove(object('b', '4', 'b', 'x'));
  t.deepEqual(cache.ofGroup('x'), []);
});

test('an object belongs to the KvStore that controls it, whatever its labels say', (t) => {
  const labels = { 'app.kubernetes.io/name': 'kvstore', 'app.kubernetes.io/instance': 'another' };
  const controlled = (kind: string, apiVersion: string) => [
    { kind, apiVersion, name: 'own', uid: '1', controller: true },
  ];
  const keyWith = (ownerReferences: object[]) =>
    kvStoreKeyOf({ kind: 'Deployment', metadata: { name: 'x', namespace: 'n', labels, ownerReferences } as never });
  t.is(keyWith(controlled('KvStore', 'kvstore.dev/v1alpha1')), 'n/own');
  t.is(keyWith(controlled('ReplicaSet', 'apps/v1')), 'n/another');
  t.is(keyWith(controlled('KvStore', 'somebody.else/v1')), 'n/another');
  t.is(keyWith([{ kind: 'KvStore', apiVersion: 'kvstore.dev/v1alpha1', name: 'own', uid: '1' }]), 'n/another');
  t.is(keyWith([]), 'n/another');
});
