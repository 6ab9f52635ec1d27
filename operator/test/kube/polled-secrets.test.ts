/** Secrets are read now and then, and sooner while a pod may wait for one. */
import type { V1Secret } from '@kubernetes/client-node';
import test from 'ava';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { ObjectCache } from '../../src/kube/object-cache.ts';
import { PolledSecrets } from '../../src/kube/polled-secrets.ts';
import { kvStoreKeyOf } from '../../src/kube/sources.ts';
import { FakeClock } from '../support/fake-clock.ts';

test('one that was deleted is missed at once when its age may be small, and within the poll otherwise', async (t) => {
  const clock = new FakeClock();
  const there = new Map<string, V1Secret>();
  let reads = 0;
  const client = {
    async find(path: string) {
      reads += 1;
      return there.get(path.split('/').at(-1) ?? '');
    },
  } as unknown as KubeClient;
  const cache = new ObjectCache<V1Secret>(kvStoreKeyOf);
  const secrets = new PolledSecrets({ client, cache, clock, pollMs: 60_000 });
  const names = async (maxAgeMs?: number) =>
    (await secrets.read('web', ['a', 'b'], maxAgeMs)).map(({ metadata }) => metadata?.name);
  for (const name of ['a', 'b']) there.set(name, { metadata: { name, namespace: 'web', resourceVersion: '1' } });
  t.deepEqual(await names(), ['a', 'b']);
  there.delete('a');
  clock.advance(3_000);
  t.deepEqual(await names(), ['a', 'b'], 'no caller waits for it');
  t.is(reads, 2);
  t.deepEqual(await names(2_000), ['b']);
  t.is(reads, 4);
  t.deepEqual(await names(2_000), ['b']);
  t.is(reads, 4, 'not again and again');
  there.delete('b');
  clock.advance(60_000);
  t.deepEqual(await names(), []);
});
