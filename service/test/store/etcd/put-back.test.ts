/** That etcd was put back is not forgotten over whatever else happens to the index meanwhile. */
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import type { EtcdStore } from '../../../src/store/etcd/etcd-store.ts';
import type { Log } from '../../../src/store/etcd/options.ts';
import { parseTimeline } from '../../../src/store/etcd/replicate/timeline-key.ts';
import { newPrefix, openReady, read, ready } from './harness.ts';

/**
 * A replica, a write that a restore will lose, and a snapshot of before it. The log of raft says nothing of a restore:
 * only the index knows better.
 */
async function setUp(t: ExecutionContext, onLog: (fields: object) => void = () => {}) {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  const prefix = newPrefix();
  const line = (fields: object) => onLog(fields);
  const log: Log = { info: line, warn: line, error: line };
  const { store } = await openReady(t, { endpoints: cluster.endpoints, prefix, requestTimeout: 5000, log });
  const { kvs } = (await cluster.ctl('get', `${prefix}timeline`)) as { kvs: { value: string }[] };
  const { name, clusterId } = parseTimeline(Buffer.from(kvs[0]?.value ?? '', 'base64'));
  await cluster.ctl('put', `${prefix}timeline`, `${name} ${clusterId} 0 0`);
  await store.set([{ key: 'a', value: '"kept"' }]);
  const snapshot = await cluster.saveSnapshot();
  const lost = await store.set([{ key: 'a', value: '"lost"' }]);
  await store.barrier();
  t.is(name, lost.timeline);
  return { cluster, store, snapshot, lost };
}

async function isForgotten(store: EtcdStore, lost: { timeline: string; revision: number }): Promise<string> {
  await ready(store);
  await store.barrier();
  try {
    await store.set([{ key: 'a', value: '"over"' }], { condition: { version: lost } });
    return 'written over';
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
}

/** What a read that may be old answers; undefined while the index is emptied. */
function shown(store: EtcdStore): string | undefined {
  try {
    return store.get('a')?.value;
  } catch {
    return undefined;
  }
}

test('an index that is found damaged just after etcd was found put back: a new timeline', async (t) => {
  const opened: { store?: EtcdStore } = {};
  const { cluster, store, snapshot, lost } = await setUp(t, (fields) => {
    // Before the sync for the restore can have begun.
    if ('cause' in fields && fields.cause === 'restored') queueMicrotask(() => opened.store?.damaged());
  });
  opened.store = store;
  await cluster.restoreSnapshot(snapshot);
  await waitFor('it is read anew', () => shown(store) === '"kept"');
  t.is(await read(store, 'a'), '"kept"');
  t.not(store.timeline(), lost.timeline);
  t.is(await isForgotten(store, lost), 'precondition-failed');
});

test('an index that is thrown away while etcd is being put back: a new timeline', async (t) => {
  const { cluster, store, snapshot, lost } = await setUp(t);
  await Promise.all(cluster.members.map((member) => member.kill()));
  store.damaged();
  await cluster.restoreSnapshot(snapshot);
  await waitFor('it is read anew', () => shown(store) === '"kept"');
  t.is(await read(store, 'a'), '"kept"');
  t.not(store.timeline(), lost.timeline);
  t.is(await isForgotten(store, lost), 'precondition-failed');
});
