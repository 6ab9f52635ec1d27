import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { Stability } from '../../../../src/store/etcd/readers/stability.ts';
import { HistoryChanged } from '../../../../src/store/etcd/replicate/replica.ts';
import type { RequestOp, TxnResponse } from '../../../../src/store/etcd/wire/messages.ts';
import { Acknowledgements } from '../../../../src/store/etcd/write/acknowledgements.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const keyspace = layout('/p/');
const put: RequestOp = { request_put: { key: keyspace.head, value: Buffer.of() } };

/** A replica on the timeline `0000000a` that has received revision 5, in an index that gets nothing more. */
function setUp({ maxTxnOps = 128, putBack = undefined as string | undefined } = {}) {
  const stability = new Stability(new ManualClock(), true);
  stability.begin({ timeline: '0000000a', shown: 5, base: 0 });
  const said: string[] = [];
  const waits = Promise.withResolvers<void>();
  const acknowledgements = new Acknowledgements({
    ...{ layout: keyspace, limits: { maxTxnOps }, stability },
    replica: { putBack, reach: () => waits.promise },
    onOtherHistory: () => void said.push('other history'),
    waiting: (revision, reached) => {
      said.push(`waits for ${revision}`);
      return reached;
    },
  });
  return { acknowledgements, said, waits };
}

/** What etcd answers to a put and the looks behind it. */
function answer(revision: number, readers: number, timeline = '0000000a', succeeded = true): TxnResponse {
  const header = { cluster_id: '1', revision, raft_term: 1 };
  const found = (count: number, value: string) => {
    const kv = { key: keyspace.timeline, value: Buffer.from(value), mod_revision: 1, lease: '0' };
    return { response_range: { header, kvs: Array.from({ length: count }, () => kv), more: false } };
  };
  return { header, succeeded, responses: [{}, found(readers, ''), found(1, `${timeline} 1 9 2`)] };
}

test('each branch of a transaction looks for readers and the timeline', (t) => {
  const { acknowledgements } = setUp();
  const { request } = acknowledgements.confirm({ compare: [], success: [put], failure: [] });
  const looked = [request.success.slice(1), request.failure].map((operations = []) =>
    operations.map(({ request_range: range }) => range?.key.toString()),
  );
  t.deepEqual(looked, [
    ['/p/readers/', '/p/timeline'],
    ['/p/readers/', '/p/timeline'],
  ]);
});

test('a write that found no reader is acknowledged at once, another one when the index has it', async (t) => {
  const { acknowledgements, said, waits } = setUp();
  const { written } = acknowledgements.confirm({ success: [put] });
  t.is(written(answer(6, 0)), undefined);
  const acknowledged = written(answer(6, 1));
  t.deepEqual(said, ['waits for 6']);
  waits.resolve();
  await t.notThrowsAsync(Promise.resolve(acknowledged));
});

test('a transaction without room for the looks waits', (t) => {
  const { acknowledgements, said } = setUp({ maxTxnOps: 2 });
  const { request, written } = acknowledgements.confirm({ success: [put] });
  t.is(request.success.length, 1);
  t.truthy(written({ ...answer(6, 0), responses: [{}] }));
  t.deepEqual(said, ['waits for 6']);
});

test('a write in another history has an unknown outcome, and the index is synced anew (R11)', async (t) => {
  for (const response of [answer(6, 0, '0000000b'), answer(5, 0)]) {
    const { acknowledgements, said } = setUp();
    const { written } = acknowledgements.confirm({ success: [put] });
    const problem = t.throws(() => written(response), { instanceOf: Problem });
    t.is(problem?.code, 'outcome-unknown');
    t.deepEqual(said, ['other history']);
  }
  const { acknowledgements, waits } = setUp();
  const acknowledged = acknowledgements.confirm({ success: [put] }).written(answer(6, 1));
  waits.reject(new HistoryChanged());
  const problem = await t.throwsAsync(Promise.resolve(acknowledged), { instanceOf: Problem });
  t.is(problem?.code, 'outcome-unknown');
});

test('what a transaction found is shown when the index has the head, and not at all in another history', (t) => {
  const { acknowledgements, said } = setUp();
  const { found } = acknowledgements.confirm({ success: [put], failure: [put] });
  t.is(found(answer(9, 0, '0000000a', false), 9), undefined, 'no reader');
  t.is(found(answer(9, 1, '0000000a', false), 5), undefined, 'the index has it');
  t.truthy(found(answer(9, 1, '0000000a', false), 6));
  t.deepEqual(said, ['waits for 6']);
  t.throws(() => found(answer(9, 0, '0000000b', false), 5), { instanceOf: HistoryChanged });
});

test('a full etcd that was put back keeps the name of before: writes are acknowledged while there is no reader', (t) => {
  const { acknowledgements, said } = setUp({ putBack: '00000009' });
  const { written } = acknowledgements.confirm({ success: [put] });
  t.is(written(answer(6, 0, '00000009')), undefined);
  t.throws(() => written(answer(6, 1, '00000009')), { instanceOf: Problem });
  t.deepEqual(said, ['other history']);
});
