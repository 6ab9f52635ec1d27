/** Whatever somebody else does below the prefix: taken over where it is a pair, else skipped; never fatal, never touched. */
import test from 'ava';
import fc from 'fast-check';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { decodeValue, layout } from '../../../../src/store/etcd/layout.ts';
import { deadlineOf } from '../../../../src/store/etcd/write/lease-id.ts';
import { anyKey, jsonTokens } from '../../../support/arbitraries.ts';
import { metric, newPrefix, openReady, pairsOf, read } from '../harness.ts';
import { rawEtcd } from '../raw-etcd.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start();
});

test.after.always(() => etcd?.stop());

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
/** Behind the prefix. */
const place = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b').map((key) => Buffer.from(`k/${key}`)) },
  { weight: 3, arbitrary: anyKey.map((key) => Buffer.from(`k/${key}`)) },
  { weight: 3, arbitrary: bytes.map((rest) => Buffer.concat([Buffer.from('k/'), rest])) },
  { weight: 2, arbitrary: fc.constantFrom('head', 'k', 'head/', 'headx', '').map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: bytes },
);
const value = fc.oneof(
  { weight: 4, arbitrary: jsonTokens.map((tokens) => Buffer.from(tokens.join(''))) },
  { weight: 4, arbitrary: bytes },
  // As large as etcd takes.
  {
    weight: 1,
    arbitrary: fc.constantFrom(Buffer.alloc(1_500_000, 'x'), Buffer.from(`"${'x'.repeat(1_500_000)}"`)),
  },
);
/** Of the test's own: an id as etcd makes it, and one that no client of ours would choose. */
const leases = ['7587869264536567302', '1'];
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), place, value }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lease' as const), place, value, id: fc.constantFrom(...leases) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), id: fc.constantFrom(...leases) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('withHead' as const), place, value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), place }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), key: fc.constantFrom('a', 'b', 'own') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), key: fc.constantFrom('a', 'b', 'own') }) },
);

test('any bytes, leases, deletions and a head key of somebody else', async (t) => {
  const prefix = newPrefix();
  const options = { endpoints: etcd.endpoints, prefix, requestTimeout: 30_000 };
  const raw = rawEtcd(t, etcd.endpoints);
  const keyspace = layout(prefix);
  // Neighbours of the prefix: a call that touched more than is below it would meet them.
  const outside = [prefix.slice(0, -1), `${prefix.slice(0, -1)}0`, `${prefix.slice(0, -1)}.`, '\0', '~'];
  for (const name of outside) await raw.put(Buffer.from(name), Buffer.from(name));
  const neighbours = async () =>
    (await raw.range(Buffer.of(0), Buffer.of(0)))
      .filter(({ key }) => outside.includes(key.toString()))
      .map(({ key, value: text, mod_revision }) => [key.toString(), text.toString(), mod_revision]);
  const before = await neighbours();
  t.is(before.length, outside.length);
  const { store, registry } = await openReady(t, options);
  const granted = new Set<string>();
  const grant = async (id: string) => {
    if (granted.has(id)) return;
    granted.add(id);
    await raw.grant(id, 100_000);
  };

  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
    for (const one of steps) {
      if (one.kind === 'set') await store.set([{ key: one.key, value: '"ours"' }]);
      else if (one.kind === 'remove') await store.delete([one.key]);
      else if (one.kind === 'revoke') {
        if (granted.delete(one.id)) await raw.revoke(one.id);
      } else {
        const at = Buffer.concat([Buffer.from(prefix), one.place]);
        if (one.kind === 'delete') await raw.remove(at);
        else if (one.kind === 'put') await raw.put(at, one.value);
        else if (one.kind === 'withHead') {
          const head = { key: keyspace.head, value: Buffer.from('"theirs"') };
          await raw.putAll(at.equals(head.key) ? [head] : [head, { key: at, value: one.value }]);
        } else {
          await grant(one.id);
          await raw.put(at, one.value, one.id);
        }
      }
    }
    const wanted = (await raw.range(keyspace.keys.start, keyspace.keys.end)).flatMap(({ key, value: text, lease }) => {
      t.is(deadlineOf(lease), undefined);
      const [name, json] = [keyspace.decode(key), decodeValue(text)];
      return name === undefined || json === undefined ? [] : [[name, json]];
    });
    // A write of ours, which all that came before it is seen with.
    await store.set([{ key: 'last', value: '1' }]);
    t.is(await read(store, 'last'), '1');
    t.deepEqual({ ...pairsOf(store) }, { ...Object.fromEntries(wanted), last: '1' });
  });
  await fc.assert(property, { numRuns: 40 });

  t.true((await metric(registry, 'kvstore_foreign_values_total')) > 0, 'what was skipped is counted');
  const fresh = await openReady(t, options);
  await waitFor('a fresh replica is as new', () => fresh.store.revision() === store.revision());
  t.deepEqual(pairsOf(fresh.store), pairsOf(store));
  t.deepEqual(await neighbours(), before);
});

test('a head key of somebody else vouches for nothing that is put with it', async (t) => {
  const prefix = newPrefix();
  const options = { endpoints: etcd.endpoints, prefix };
  const raw = rawEtcd(t, etcd.endpoints);
  const keyspace = layout(prefix);
  const { store, registry, logged } = await openReady(t, options);
  await store.set([
    { key: 'kept', value: '1' },
    { key: 'lost', value: '2' },
  ]);
  await store.barrier();
  const told: unknown[] = [];
  const watch = store.watch(store.revision(), {
    opened: () => {},
    revision: ({ changes }) => void told.push(...changes),
    end: () => {},
  });
  t.teardown(() => watch.close());
  // Even the service's own token, which anybody can read who may write here.
  const [head] = await raw.range(keyspace.head, Buffer.concat([keyspace.head, Buffer.of(0)]));
  const revision = await raw.putAll([
    { key: keyspace.head, value: head?.value ?? Buffer.alloc(0) },
    { key: keyspace.encode('lost'), value: Buffer.from('not JSON') },
    { key: keyspace.encode('bytes'), value: Buffer.from([0x22, 0xff, 0x22]) },
    { key: keyspace.encode('json'), value: Buffer.from('{"a":1}') },
  ]);

  const pairs = { json: '{"a":1}', kept: '1' };
  // It did put the head key, so a linearizable read waits for it.
  await store.barrier();
  t.is(store.revision(), revision);
  t.deepEqual({ ...pairsOf(store) }, pairs);
  t.deepEqual(told, [
    { key: 'lost', value: undefined, revision },
    { key: 'bytes', value: undefined, revision },
    { key: 'json', value: '{"a":1}', revision },
  ]);
  t.is(await metric(registry, 'kvstore_foreign_values_total'), 2);
  t.is(logged.filter((line) => line.includes('not JSON')).length, 2);

  const synced = await openReady(t, options);
  t.deepEqual({ ...pairsOf(synced.store) }, pairs);
  t.true(synced.store.revision() >= revision);
  await store.set([{ key: 'later', value: '3' }]);
  t.is(await read(synced.store, 'later'), '3');
  t.is(synced.store.revision(), store.revision());
});
