import test from 'ava';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { DumpCache, type ReadyDump } from '../../src/caches/dump-cache.ts';
import type { EmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { IndexReader } from '../../src/store/index/index-reader.ts';
import { KeyIndex } from '../../src/store/index/key-index.ts';
import type { ChangeListener, Store } from '../../src/store/store.ts';
import { call, set } from '../support/call.ts';
import { during, openEmbedded } from '../support/open-embedded.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** Nothing is ever due by itself: what expires stays in the index. */
function fakeClock(wall: () => number) {
  return { now: wall, wall, after: () => () => {} };
}

const textOf = ({ parts }: ReadyDump) => Buffer.concat(parts).toString();

/** What a dump is when it is read at once. */
function readAll(store: EmbeddedStore): string {
  const members = [...store.pairs({})].map(({ key, value }) => `${JSON.stringify(key)}:${value}`);
  return `{${members.join(',')}}`;
}

/** Large enough that a few make a piece. */
const value = (n: number) => JSON.stringify(`${n}`.repeat(10_000));

test('whatever is written and whenever it is taken, a dump is the state of its turn', async (t) => {
  const store = await openEmbedded(t);
  // A clock that stands still: everything is read in the turn of the first dump.
  const cache = new DumpCache(store, 1 << 30, () => 0);
  const key = fc.integer({ min: 0, max: 60 }).map((n) => `key-${String(n).padStart(2, '0')}`);
  const write = fc.oneof(
    { weight: 3, arbitrary: fc.record({ set: fc.array(key, { minLength: 1, maxLength: 30 }) }) },
    { weight: 1, arbitrary: fc.record({ remove: fc.array(key, { minLength: 1, maxLength: 40 }) }) },
  );
  let taken = 0;
  const check = () => {
    const ready = cache.take();
    if (ready === undefined) return t.fail('not ready');
    taken++;
    t.is(ready.revision, store.revision());
    t.true(textOf(ready) === readAll(store), `dump ${taken}`);
    t.is(ready.length, Buffer.byteLength(readAll(store)));
    ready.release();
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 9 }),
      async (writes, n) => {
        // Before, during and after the commits.
        await during(
          Promise.all(
            writes.map((each) =>
              'set' in each ? store.set(each.set.map((k) => ({ key: k, value: value(n) }))) : store.delete(each.remove),
            ),
          ),
          check,
        );
      },
    ),
    { numRuns: 25 },
  );
  t.true(taken > 25);
});

test('a first dump that is taken while a write is on its way to the disk does not outlive it', (t) => {
  let listener: ChangeListener | undefined;
  let revision = 1;
  const store = {
    listen: (given: ChangeListener) => {
      listener = given;
    },
    lastExpired: () => undefined,
    revision: () => revision,
    pairs: () => [{ key: 'counter', value: String(revision) }],
  };
  const cache = new DumpCache(store as unknown as Store, 1 << 20, () => 0);
  listener?.begun();
  listener?.touched('counter');
  t.is(textOf(cache.take() as ReadyDump), '{"counter":1}');
  revision++;
  listener?.settled();
  t.is(textOf(cache.take() as ReadyDump), '{"counter":2}');
});

test('a write makes one piece stale, not the others', async (t) => {
  const store = await openEmbedded(t);
  const cache = new DumpCache(store, 1 << 30, () => 0);
  await store.set(
    Array.from({ length: 60 }, (_, i) => ({ key: `key-${String(i).padStart(2, '0')}`, value: value(1) })),
  );
  const before = cache.take();
  await store.set([{ key: 'key-31', value: value(2) }]);
  const after = cache.take();
  const kept = after?.parts.filter((part) => before?.parts.includes(part)).length;
  t.true((before?.parts.length ?? 0) > 6);
  // The first part is cut anew each time, without its comma.
  t.is(kept, (before?.parts.length ?? 0) - 2);
});

test('compressed forms are kept with the newest dump, and go with the first write', async (t) => {
  const store = await openEmbedded(t);
  const cache = new DumpCache(store, 1 << 30, () => 0);
  await store.set([{ key: 'a', value: value(1) }]);
  const before = cache.take();
  // The second one is put into one buffer.
  for (let i = 0; i < 3; i++) t.true(cache.take()?.forms === before?.forms);
  await store.set([{ key: 'a', value: value(2) }]);
  t.false(cache.take()?.forms === before?.forms);
});

test('a dump that takes long to read is not waited for, and is ready later', async (t) => {
  const store = await openEmbedded(t);
  await store.set(Array.from({ length: 60 }, (_, i) => ({ key: `key-${i}`, value: value(i) })));
  // Each look at the clock is ten milliseconds later.
  let time = 0;
  const cache = new DumpCache(store, 1 << 30, () => {
    time += 10;
    return time;
  });
  t.is(cache.take(), undefined);
  let ready: ReadyDump | undefined;
  for (let i = 0; i < 1000 && ready === undefined; i++) {
    await new Promise(setImmediate);
    ready = cache.take();
  }
  t.is(ready && textOf(ready), readAll(store));
});

test('a store that is too large is not kept, nor is one that holds expired keys', async (t) => {
  let wall = 1_000_000;
  const store = await openEmbedded(
    t,
    fakeClock(() => wall),
  );
  await store.set([{ key: 'long', value: value(1) }]);
  t.is(new DumpCache(store, 5000, () => 0).take(), undefined);
  t.is(new DumpCache(store, 0, () => 0).take(), undefined);
  const cache = new DumpCache(store, 1 << 20, () => 0);
  t.truthy(cache.take());
  await store.set([{ key: 'short', value: '1' }], { ttl: 1 });
  t.regex(textOf(cache.take() as ReadyDump), /"short":1/);
  wall += 1000;
  t.is(cache.take(), undefined);
});

test('dumps of many revisions that clients take slowly are not held without limit', async (t) => {
  const store = await openEmbedded(t);
  const cache = new DumpCache(store, 30_000, () => 0);
  const held: ReadyDump[] = [];
  for (let i = 0; i < 20; i++) {
    await store.set([{ key: 'a', value: value(i % 10) }]);
    const ready = cache.take();
    if (ready !== undefined) held.push(ready);
  }
  t.true(held.length > 4 && held.length < 20, `${held.length}`);
  for (const ready of held) ready.release();
  t.truthy(cache.take());
});

contractTest('a long dump has its length, and is fresh after every write', async (t, kind) => {
  const service = await startService(t, kind);
  const pairs: Record<string, string> = {};
  for (let i = 0; i < 10; i++) {
    pairs[`key-${i}`] = 'é'.repeat(20_000 + i);
    const { headers } = await set(service, { [`key-${i}`]: pairs[`key-${i}`] });
    // Until it is ready, it is streamed.
    const dump = await waitFor('the dump is ready', async () => {
      const answer = await call(service, '/');
      return answer.headers['content-length'] === undefined ? undefined : answer;
    });
    t.deepEqual(JSON.parse(dump.text), pairs);
    t.is(dump.headers['content-length'], String(Buffer.byteLength(dump.text)));
    t.is(dump.headers.etag, headers.etag);
    const again = await call(service, '/', { headers: { 'If-None-Match': headers.etag ?? '' } });
    t.is(again.status, 304);
  }
});

test('what was read while a part of a sync was committed, which makes no revision, is not sent once the timeline goes on', async (t) => {
  const index = new KeyIndex({ directory: temporaryFolder(t), durable: true });
  t.teardown(() => index.close());
  const store = Object.assign(new IndexReader(index), { notReady: () => undefined }) as unknown as Store;
  const cache = new DumpCache(store, 1 << 20, () => 0);
  const take = () => {
    const ready = cache.take();
    ready?.release();
    return ready === undefined ? undefined : textOf(ready);
  };
  const write = (n: number) =>
    index.transact((writer) => {
      for (let key = 0; key < 100; key++) writer.put(`key-${key}`, value(n), 7);
      writer.setRevision(7);
    });
  await write(1);
  // Until one was read between the change and the end of its commit.
  let isChanged = false;
  let between = 0;
  const ends = () => {
    isChanged = false;
  };
  const nothing = () => {};
  store.listen?.({
    ...{ begun: nothing, replaced: nothing, timelineChanged: nothing, settled: ends },
    touched() {
      isChanged = true;
    },
  });
  for (let n = 2; n < 100 && between === 0; n++) {
    await during(write(n), () => {
      take();
      if (isChanged) between++;
    });
    index.enterTimeline(`${n}`.padStart(8, '0'));
    t.true(take()?.includes(value(n)), `write ${n}`);
    t.false(take()?.includes(value(n - 1)), `write ${n}`);
  }
  t.true(between > 0);
});
