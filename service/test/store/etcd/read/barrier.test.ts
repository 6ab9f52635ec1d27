import { AsyncLocalStorage } from 'node:async_hooks';
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { temporaryFolder } from '../../../../../test-support/temporary-folder.ts';
import { etcdMetrics } from '../../../../src/store/etcd/etcd-metrics.ts';
import { Barrier } from '../../../../src/store/etcd/read/barrier.ts';
import type { HeadRead } from '../../../../src/store/etcd/read/head.ts';
import { Replica } from '../../../../src/store/etcd/replicate/replica.ts';
import { KeyIndex } from '../../../../src/store/index/key-index.ts';
import { noSpans } from '../../../../src/store/spans.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { settle } from '../../../support/settle.ts';
import { newStability, noReaders } from '../without-readers.ts';

async function setUp(t: ExecutionContext) {
  const index = new KeyIndex({ directory: temporaryFolder(t), durable: false });
  t.teardown(() => index.close());
  const replica = new Replica(index, '/p/', newStability());
  const head = (revision: number): HeadRead => {
    return { revision, token: `token${revision}`, clusterId: '1', storeRevision: revision };
  };
  const sync = () =>
    replica.finish(
      [],
      {
        ...{ head: head(1), revision: 1, clusterId: '1', prefix: '/p/' },
        ...{ timeline: '00000001', isSettled: true, readers: noReaders('00000001', 1) },
      },
      'first',
    );
  await sync();
  const clock = new ManualClock();
  const reads: PromiseWithResolvers<HeadRead>[] = [];
  const requestContext = new AsyncLocalStorage<string>();
  const contexts: (string | undefined)[] = [];
  const contradictions: string[] = [];
  const barrier = new Barrier({
    ...{ replica, clock, requestTimeout: 1000, spans: noSpans },
    metrics: etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 }),
    readHead: () => {
      const read = Promise.withResolvers<HeadRead>();
      reads.push(read);
      contexts.push(requestContext.getStore());
      return read.promise;
    },
    onContradiction: (cause) => {
      contradictions.push(cause);
      replica.condemn(cause);
    },
    onAwaited: () => {},
  });
  t.teardown(() => barrier.close());
  return { replica, sync, head, clock, reads, barrier, contradictions, requestContext, contexts };
}

function watchState(promise: Promise<unknown>) {
  const seen = { state: 'waiting' };
  promise.then(
    () => (seen.state = 'done'),
    (error) => (seen.state = error instanceof Problem ? error.code : String(error)),
  );
  return seen;
}

test('who comes while a read is under way does not join it, but the next one, which they share', async (t) => {
  const { barrier, reads, head } = await setUp(t);
  const first = watchState(barrier.wait());
  const alongside = watchState(barrier.wait());
  await settle();
  t.is(reads.length, 1);
  const late = [watchState(barrier.wait()), watchState(barrier.wait())];
  await settle();
  t.is(reads.length, 1);
  reads[0]?.resolve(head(1));
  await settle();
  t.is(first.state, 'done');
  t.is(alongside.state, 'done');
  t.deepEqual(
    late.map(({ state }) => state),
    ['waiting', 'waiting'],
  );
  t.is(reads.length, 2);
  reads[1]?.resolve(head(1));
  await settle();
  t.deepEqual(
    late.map(({ state }) => state),
    ['done', 'done'],
  );
});

test('reads are made in no request’s context: the loop goes on for others', async (t) => {
  const { barrier, reads, head, requestContext, contexts } = await setUp(t);
  const first = requestContext.run('first', () => watchState(barrier.wait()));
  await settle();
  const second = watchState(barrier.wait());
  reads[0]?.resolve(head(1));
  await settle();
  reads[1]?.resolve(head(1));
  await settle();
  t.deepEqual([first.state, second.state], ['done', 'done']);
  t.deepEqual(contexts, [undefined, undefined]);
});

test('a read waits until the index has the revision, and does not hold up later ones', async (t) => {
  const { barrier, reads, head, replica } = await setUp(t);
  const first = watchState(barrier.wait());
  await settle();
  reads[0]?.resolve(head(5));
  await settle();
  t.is(first.state, 'waiting');
  const second = watchState(barrier.wait());
  await settle();
  t.is(reads.length, 2);
  reads[1]?.resolve(head(6));
  await settle();
  replica.apply({ changes: [], head: head(5), revision: 5, upTo: 5 });
  await settle();
  t.is(first.state, 'done');
  t.is(second.state, 'waiting');
  replica.apply({ changes: [], head: head(6), revision: 6, upTo: 6 });
  await settle();
  t.is(second.state, 'done');
});

test('a failed read is made again, and those who came meanwhile join the new one', async (t) => {
  const { barrier, reads, head, clock } = await setUp(t);
  const first = watchState(barrier.wait());
  await settle();
  const second = watchState(barrier.wait());
  reads[0]?.reject(new Error('no leader'));
  await settle();
  clock.pass(20);
  await settle();
  t.is(reads.length, 2);
  reads[1]?.resolve(head(1));
  await settle();
  t.is(first.state, 'done');
  t.is(second.state, 'done');
});

test('without an answer a request ends at its deadline, with 503 and Retry-After', async (t) => {
  const { barrier, clock } = await setUp(t);
  const waiting = barrier.wait();
  const seen = watchState(waiting);
  await settle();
  clock.pass(999);
  await settle();
  t.is(seen.state, 'waiting');
  clock.pass(1);
  await settle();
  t.is(seen.state, 'unavailable');
  const problem = await t.throwsAsync(waiting, { instanceOf: Problem });
  t.is(problem?.headers['Retry-After'], '1');
});

test('a head key that contradicts the index is no basis for an answer', async (t) => {
  const { barrier, reads, head, sync, contradictions } = await setUp(t);
  const cases: [Partial<HeadRead>, string][] = [
    [{ clusterId: '2' }, 'other-cluster'],
    [{ token: 'other' }, 'restored'],
    [{ storeRevision: 0 }, 'restored'],
    [{ revision: 0 }, 'restored'],
  ];
  for (const [difference, cause] of cases) {
    const seen = watchState(barrier.wait());
    await settle();
    reads.at(-1)?.resolve({ ...head(1), ...difference });
    await settle();
    t.is(contradictions.at(-1), cause);
    t.is(seen.state, 'waiting');
    await sync();
    await settle();
    reads.at(-1)?.resolve(head(1));
    await settle();
    t.is(seen.state, 'done');
  }
});
