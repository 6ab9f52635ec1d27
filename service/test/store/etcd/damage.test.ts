/** A replica's index that is damaged or gone: it is read anew from etcd, and nothing wrong is served meanwhile. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { flipBit, placesOf } from '../../support/damage.ts';
import { metric, newPrefix, openReady } from './harness.ts';

let etcd: EtcdCluster;
test.before(async () => {
  etcd = await EtcdCluster.start();
});
test.after.always(() => etcd?.stop());

test('a flipped bit in the index is not served: the index is read anew, and says so', async (t) => {
  const dataDir = temporaryFolder(t);
  const { store, registry, logged } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir });
  await store.set([{ key: 'a', value: '"a text to be found"' }]);
  await store.set([{ key: 'b', value: '2' }], { ttl: 1000 });
  await store.barrier();
  const expires = store.expires('b');
  const file = join(dataDir, 'etcd-replica', 'data.mdb');
  for (const place of placesOf(file, 'a text to be found')) flipBit(file, 8 * place);
  const error = t.throws(() => store.get('a'), { instanceOf: Problem });
  t.is(error?.code, 'unavailable');
  t.is(error?.headers['Retry-After'], '1');
  // A read that may be old shows nothing less either.
  await waitFor('the index is read anew', async () => {
    try {
      const entry = store.get('a');
      t.is(entry?.value, '"a text to be found"');
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return false;
    }
  });
  await store.barrier();
  t.is(store.notReady(), undefined);
  t.is(store.get('b')?.value, '2');
  t.is(store.expires('b'), expires);
  t.is(await metric(registry, 'kvstore_resyncs_total', { cause: 'damaged' }), 1);
  t.true((await metric(registry, 'kvstore_data_damage_total', { part: 'value' })) > 0);
  t.true(logged.join('\n').includes('the key "a" is damaged'), logged.join('\n'));
  t.regex(logged.join('\n'), /The index is damaged and is thrown away: a full sync follows/);
  await store.set([{ key: 'c', value: '3' }]);
  await store.barrier();
  t.deepEqual([...store.keys({})], ['a', 'b', 'c']);
});

test("the index's folder is removed: a new one is made and filled, and nothing stale is served", async (t) => {
  const dataDir = temporaryFolder(t);
  const { store, registry } = await openReady(t, { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir });
  await store.set([{ key: 'a', value: '1' }]);
  await store.barrier();
  const file = join(dataDir, 'etcd-replica', 'data.mdb');
  const before = statSync(file).ino;
  rmSync(dataDir, { recursive: true });
  await waitFor('it is made anew', () => (statSync(file, { throwIfNoEntry: false })?.ino ?? before) !== before);
  await waitFor('it is ready', () => store.notReady() === undefined);
  await store.set([{ key: 'a', value: '2' }]);
  await store.barrier();
  t.is(store.get('a')?.value, '2');
  t.is(await metric(registry, 'kvstore_resyncs_total', { cause: 'folder-lost' }), 1);
  t.is(await metric(registry, 'kvstore_data_folder_lost'), 0);
});

test('an index with a page of garbage is made anew when it is opened', async (t) => {
  const dataDir = temporaryFolder(t);
  const options = { endpoints: etcd.endpoints, prefix: newPrefix(), dataDir };
  const { store: first } = await openReady(t, options);
  const pairs = Array.from({ length: 100 }, (_, i) => ({ key: `key-${i}`, value: `"${'x'.repeat(500)}"` }));
  await first.set(pairs);
  await first.barrier();
  await first.close();
  const file = join(dataDir, 'etcd-replica', 'data.mdb');
  const bytes = readFileSync(file);
  for (let page = 2; page < bytes.length / 4096; page++) bytes.fill(0xa5, page * 4096, page * 4096 + 512);
  writeFileSync(file, bytes);
  const { store, logged } = await openReady(t, options);
  t.is([...store.keys({})].length, 100);
  t.regex(logged.join('\n'), /The index is made anew: data\.mdb is damaged/);
});
