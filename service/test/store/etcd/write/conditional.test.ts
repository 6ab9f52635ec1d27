/** Writes with a condition while etcd is put back to an earlier state: an old version decides nothing. */
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import { freePorts } from '../../../../../test-support/network/free-ports.ts';
import { TcpProxy } from '../../../../../test-support/network/tcp-proxy.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { systemClock } from '../../../../src/store/clock.ts';
import { EtcdClient } from '../../../../src/store/etcd/connect/client.ts';
import { etcdMetrics } from '../../../../src/store/etcd/etcd-metrics.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { etcdDefaults } from '../../../../src/store/etcd/options.ts';
import { requirementOf } from '../../../../src/store/etcd/write/comparisons.ts';
import { ConditionalWriter } from '../../../../src/store/etcd/write/conditional.ts';
import { WriteNonces } from '../../../../src/store/etcd/write/write-nonces.ts';
import type { Condition, Version } from '../../../../src/store/store.ts';
import { acknowledgedAtOnce } from '../without-readers.ts';

const prefix = '/p/';
const values = new Map([['a', Buffer.from('"ours"')]]);
const set = { values, lease: undefined, doubtful: new Set<string>(), deletes: false };

/**
 * A writer whose way to etcd goes through a proxy. `before` is called by each barrier with its number, from 1 on, and may
 * change what the index knows.
 */
async function setUp(t: ExecutionContext, requestTimeout = 20_000) {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const proxy = await TcpProxy.start(cluster.members[0]?.port ?? 0);
  t.teardown(() => proxy.close());
  const metrics = etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 });
  const client = new EtcdClient({ endpoints: [`http://127.0.0.1:${proxy.port}`] }, systemClock, metrics);
  t.teardown(() => client.close());
  const index = { timeline: 'before00', newest: 0 };
  let barriers = 0;
  let before: (barrier: number) => Promise<void> | void = () => {};
  const writer = new ConditionalWriter({
    ...{ client, layout: layout(prefix), clock: systemClock, limits: etcdDefaults, nonces: new WriteNonces() },
    ...{ timeline: () => index.timeline, newest: () => index.newest, expired: () => undefined, requestTimeout },
    acknowledgements: acknowledgedAtOnce,
    barrier: async () => before(++barriers),
  });
  const write = async (condition: Condition, onBarrier: typeof before) => {
    before = onBarrier;
    try {
      await writer.write(set, requirementOf(['a'], condition), systemClock.now() + requestTimeout);
      return 'done';
    } catch (error) {
      return error instanceof Problem ? error.code : String(error);
    }
  };
  const put = async (value: string): Promise<Version> => {
    const { header } = (await cluster.ctl('put', `${prefix}k/a`, value)) as { header: { revision: number } };
    return { timeline: index.timeline, revision: header.revision };
  };
  const value = async () => {
    const { kvs } = (await cluster.ctl('get', `${prefix}k/a`)) as { kvs: { value: string }[] };
    return Buffer.from(kvs[0]?.value ?? '', 'base64').toString();
  };
  await client.member(5000);
  return { cluster, proxy, client, index, write, put, value, barriers: () => barriers };
}

test('etcd is put back while no member is connected: the version is looked at anew before anything is sent', async (t) => {
  const { cluster, proxy, client, index, write, put, value, barriers } = await setUp(t);
  const snapshot = await cluster.saveSnapshot();
  const seen = await put('"seen"');
  const [nowhere = 0] = await freePorts(1);
  const code = await write({ version: seen }, async (barrier) => {
    if (barrier > 1) {
      await client.member(10_000);
      index.timeline = 'after000';
      return;
    }
    proxy.retarget(nowhere);
    await waitFor('the connection is gone', () => client.endpoints.every((endpoint) => !endpoint.isReady()));
    await cluster.restoreSnapshot(snapshot);
    const again = await put('"not seen"');
    t.is(again.revision, seen.revision, 'the same revision, of another value');
    setImmediate(() => proxy.retarget(cluster.members[0]?.port ?? 0));
  });
  t.is(code, 'precondition-failed');
  t.is(barriers(), 2);
  t.is(await value(), '"not seen"');
});

for (const [what, condition, expected] of [
  ['a version', 'seen', 'precondition-failed'],
  ['any version', { version: 'any' }, 'done'],
] as const) {
  test(`etcd has less than the index when the transaction comes: ${what} is looked at anew`, async (t) => {
    const { index, write, put, value, barriers } = await setUp(t);
    const seen = await put('"other"');
    index.newest = seen.revision + 1;
    const code = await write(condition === 'seen' ? { version: seen } : condition, async (barrier) => {
      if (barrier === 1) return;
      t.is(await value(), '"other"', 'nothing was written');
      index.timeline = 'after000';
      index.newest = 0;
    });
    t.is(code, expected);
    t.is(barriers(), 2);
    t.is(await value(), expected === 'done' ? '"ours"' : '"other"');
  });
}

test('a write that finds no member says at its deadline that nothing was written', async (t) => {
  const { proxy, client, write, put } = await setUp(t, 500);
  const seen = await put('"seen"');
  const [nowhere = 0] = await freePorts(1);
  const code = await write({ version: seen }, async (barrier) => {
    // What a barrier does without etcd: it waits longer than the write has.
    if (barrier > 1) return await new Promise(() => {});
    proxy.retarget(nowhere);
    await waitFor('the connection is gone', () => client.endpoints.every((endpoint) => !endpoint.isReady()));
  });
  t.is(code, 'unavailable');
});
