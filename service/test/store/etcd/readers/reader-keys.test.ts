/** The transactions of readers' keys, carried out by an etcd. */
import test from 'ava';
import { Registry } from 'prom-client';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { systemClock } from '../../../../src/store/clock.ts';
import { EtcdClient } from '../../../../src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../../../src/store/etcd/etcd-metrics.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { ReaderKeys } from '../../../../src/store/etcd/readers/reader-keys.ts';
import { newPrefix } from '../harness.ts';
import { rawEtcd } from '../raw-etcd.ts';

const timeout = 10_000;
const address = { address: '127.0.0.1:1', secret: 'a-secret' };

test("a reader's key, a notice against it, and their end (R1, R2, R12, R13)", async (t) => {
  const etcd = await EtcdCluster.start();
  t.teardown(() => etcd.stop());
  const metrics = etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
  const client = new EtcdClient({ endpoints: etcd.endpoints }, systemClock, metrics);
  t.teardown(() => client.close());
  const prefix = newPrefix();
  const keyspace = layout(prefix);
  const raw = rawEtcd(t, etcd.endpoints);
  await raw.put(keyspace.timeline, Buffer.from('aaaaaaaa 1 1 1'));
  const keys = new ReaderKeys(client, keyspace);
  const check = (timeline = 'aaaaaaaa') => keys.check('x', timeline, timeout);
  t.is(await check(), 'removed');
  t.false(await keys.notice('x', 'n', timeout), 'there is no reader');
  t.true(await keys.make('x', address, timeout));
  const all = await raw.range(Buffer.of(0), Buffer.of(0));
  t.true(all.some(({ value }) => value.includes(address.secret)));
  t.true(
    all.every(({ key }) => key.toString().startsWith(prefix)),
    'who may not read below the prefix learns no secret',
  );
  t.false(await keys.make('x', address, timeout), 'no id is used twice');
  t.is(await check(), undefined);
  t.is(await check('bbbbbbbb'), 'timeline');
  await keys.removeNoticed('x', 'n', timeout);
  t.is(await check(), undefined, 'without a notice nothing is deleted');
  t.true(await keys.notice('x', 'n', timeout));
  t.false(await keys.notice('x', 'm', timeout), 'one is enough');
  t.is(await check(), 'noticed');
  await keys.removeNoticed('x', 'm', timeout);
  t.is(await check(), 'noticed', 'another notice says nothing about this one');
  await keys.removeNoticed('x', 'n', timeout);
  t.is(await check(), 'removed');
  t.deepEqual(await keys.remove('x', timeout), { wasThere: false, wasNoticed: false });
  t.true(await keys.make('y', address, timeout));
  t.deepEqual(await keys.remove('y', timeout), { wasThere: true, wasNoticed: false });
  t.true(await keys.make('z', address, timeout));
  t.true(await keys.notice('z', 'n', timeout));
  t.deepEqual(await keys.remove('z', timeout), { wasThere: true, wasNoticed: true });
  const left = await raw.range(keyspace.all.start, keyspace.all.end);
  t.deepEqual(
    left.map(({ key }) => String(key)),
    [String(keyspace.timeline)],
  );
});
