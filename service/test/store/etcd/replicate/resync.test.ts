/** A full sync whose reads are of one history. */
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../../../../test-support/temporary-folder.ts';
import type { EtcdClient } from '../../../../src/store/etcd/connect/client.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { HistoryChanged, Replica } from '../../../../src/store/etcd/replicate/replica.ts';
import { resync } from '../../../../src/store/etcd/replicate/resync.ts';
import type { RangeRequest, RangeResponse, TxnRequest } from '../../../../src/store/etcd/wire/messages.ts';
import { KeyIndex } from '../../../../src/store/index/key-index.ts';
import { newStability } from '../without-readers.ts';

const prefix = '/p/';
const keyspace = layout(prefix);
const header = { cluster_id: '1', revision: 7, raft_term: 2 };
const kv = (key: Buffer, value: string, revision: number) => ({
  ...{ key, value: Buffer.from(value), mod_revision: revision, lease: '0' },
});

/** An etcd with one pair. `token`: of the head key when it is read by itself, after everything else. */
async function syncWith(t: ExecutionContext, token: string) {
  const index = new KeyIndex({ directory: temporaryFolder(t), durable: false });
  t.teardown(() => index.close());
  const replica = new Replica(index, prefix, newStability());
  const held = [
    kv(keyspace.encode('a'), '1', 7),
    kv(keyspace.head, 'token', 7),
    kv(keyspace.timeline, '0000000a 1 9 2', 2),
  ];
  const answer = ({ key, range_end }: RangeRequest): RangeResponse => ({
    header,
    kvs: held.filter((one) => (range_end === undefined ? one.key.equals(key) : one === held[0])),
    more: false,
  });
  const call = async (_service: string, _method: string, { success }: TxnRequest) => ({
    ...{ header, succeeded: true },
    responses: success.map(({ request_range: range }) =>
      range === undefined ? {} : { response_range: answer(range) },
    ),
  });
  const callLeader = async () => ({ header, kvs: [kv(keyspace.head, token, 7)], more: false });
  const client = { call, callLeader } as unknown as EtcdClient;
  const { signal } = new AbortController();
  const done = resync({ client, layout: keyspace, index, replica, prefix, onForeign: () => {}, signal }, 'first');
  return { index, replica, done };
}

test('everything is of one history: the index is etcd at that revision', async (t) => {
  const { index, replica, done } = await syncWith(t, 'token');
  t.is(await done, 1);
  t.is(index.get('a')?.value, '1');
  t.is(replica.timeline, '0000000a');
  t.is(replica.unfit, undefined);
});

test('etcd is put back while pages are read, and gives the revision again: the sync fails', async (t) => {
  const { replica, done } = await syncWith(t, 'another');
  await t.throwsAsync(done, { message: /put back or replaced during a full sync/ });
  t.is(replica.unfit, 'first');
});

test('what waits for a revision of another history is not answered by a sync that reaches it', async (t) => {
  const { replica, done } = await syncWith(t, 'token');
  const waits = replica.reach(5);
  t.truthy(waits);
  await t.throwsAsync(async () => waits, { instanceOf: HistoryChanged });
  await done;
  t.is(replica.reach(5), undefined);
});
