import type { ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Snapshot, Store } from '../../src/store/store.ts';
import { around } from '../support/around.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { connectRaw, type RawConnection } from '../support/raw-connection.ts';
import { errorsIn, type Service, type ServiceOptions, startService } from '../support/start-service.ts';
import { contractTest, type StoreKind } from '../support/store-kinds.ts';

/** More than the connection and both kernels' buffers hold: a client that reads nothing holds the stream up. */
const pairs = 400;
const valueSize = 75_000;

interface Opened {
  snapshots: number;
}

/** Counts the snapshots that are open. */
function counting(opened: Opened): (store: Store) => Store {
  return (store) =>
    around(store, {
      snapshot(): Snapshot {
        const view = store.snapshot();
        opened.snapshots++;
        let open = true;
        return {
          ...view,
          close() {
            if (open) opened.snapshots--;
            open = false;
            view.close();
          },
        };
      },
    });
}

async function startFull(
  t: ExecutionContext,
  kind: StoreKind,
  options: ServiceOptions = {},
): Promise<{ service: Service; opened: Opened }> {
  const opened = { snapshots: 0 };
  const service = await startService(t, kind, { ...options, around: counting(opened) });
  const value = 'x'.repeat(valueSize);
  for (let i = 0; i < pairs; i += 10) {
    const ten = Array.from({ length: 10 }, (_, j) => [`k${String(i + j).padStart(4, '0')}`, value]);
    await set(service, Object.fromEntries(ten));
  }
  return { service, opened };
}

const request = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** Asks for everything and takes only the beginning. */
async function stalledReader(t: ExecutionContext, service: Service): Promise<RawConnection> {
  const connection = await connectRaw(t, service);
  // At once: while it looks for the head, all of the answer may come.
  connection.socket.once('data', () => connection.socket.pause());
  connection.send(request);
  await connection.until(/\r\n\r\n/);
  return connection;
}

contractTest('a reader that takes nothing delays no other, is cut, and its snapshot is closed', async (t, kind) => {
  const { service, opened } = await startFull(t, kind, { stallTimeout: 1500 });
  const stalled = await stalledReader(t, service);
  t.is(opened.snapshots, 1);
  for (let i = 0; i < 20; i++) t.is((await set(service, { other: i })).status, 200);
  t.is((await get(service, 'other')).text, '19');
  t.is((await call(service, '/search?prefix=k&limit=1')).text, '["k0000"]');
  await waitFor('the snapshot to be closed', () => opened.snapshots === 0);
  stalled.socket.resume();
  t.false((await stalled.closed()).endsWith('0\r\n\r\n'), 'what arrived does not look whole');
  t.deepEqual(errorsIn(service), []);
});

contractTest('a client that goes away in the midst of a stream leaves no snapshot open', async (t, kind) => {
  const { service, opened } = await startFull(t, kind);
  const clients = await Promise.all([1, 2, 3].map(() => stalledReader(t, service)));
  t.is(opened.snapshots, 3);
  for (const { socket } of clients) socket.destroy();
  await waitFor('the snapshots to be closed', () => opened.snapshots === 0);
  t.is((await call(service, '/livez')).status, 200);
  t.deepEqual(errorsIn(service), []);
});

contractTest('a stream is one state of the store, the one that its ETag names', async (t, kind) => {
  const { service, opened } = await startFull(t, kind);
  const before = await call(service, '/');
  const reader = await stalledReader(t, service);
  const written = await set(service, { k0000: 'changed', k0399: 'changed', zzz: 'new' });
  t.not(written.headers.etag, before.headers.etag);
  t.is(opened.snapshots, 1, 'still being read');
  reader.socket.resume();
  const text = await reader.closed();
  t.regex(text, new RegExp(`^ETag: ${before.headers.etag}\r$`, 'm'));
  t.true(text.endsWith('0\r\n\r\n'), 'whole');
  t.false(text.includes('changed') || text.includes('zzz'));
  const after = await call(service, '/');
  t.is(after.headers.etag, written.headers.etag);
  t.is(after.text.match(/changed|zzz/g)?.length, 3);
});

contractTest('all pairs arrive, in order, on a connection that can be used again', async (t, kind) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const { service, opened } = await startFull(t, kind);
  const { text, headers } = await call(service, '/');
  t.is(headers['transfer-encoding'], 'chunked');
  const keys = Object.keys(JSON.parse(text));
  t.is(keys.length, pairs);
  t.deepEqual(keys, keys.toSorted());
  await waitFor('the snapshot to be closed', () => opened.snapshots === 0);
  await new Promise(setImmediate);
  t.deepEqual(warnings, []);
});

contractTest(
  'more streams than the limit are refused, and the place of one that ended is free again',
  async (t, kind) => {
    const { service, opened } = await startFull(t, kind, { maxStreams: 2 });
    const [first] = [await stalledReader(t, service), await stalledReader(t, service)];
    for (const target of ['/', '/search?prefix=k&after=a&limit=400', '/?limit=1']) {
      const refused = await call(service, target);
      t.regex(assertProblem(t, refused, 'overloaded'), /^2 /);
      t.is(refused.headers['retry-after'], '1');
    }
    t.is((await get(service, 'k0000')).status, 200, 'single values are no streams');
    t.is((await call(service, '/search?prefix=k')).status, 200, 'nor are short searches');
    first?.socket.destroy();
    await waitFor('a free place', () => opened.snapshots === 1);
    t.is((await call(service, '/?limit=1')).status, 200);
  },
);

contractTest('long answers to HEAD and 304 keep no snapshot open', async (t, kind) => {
  const opened = { snapshots: 0 };
  const service = await startService(t, kind, { around: counting(opened) });
  for (let i = 0; i < 4; i++) await set(service, { [`k${i}`]: 'x'.repeat(100_000) });
  // More than the store has readers' places: one that were kept each time would show as a failure.
  for (let i = 0; i < 2100; i += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(service, '/', { method: 'HEAD' })));
    t.true(
      answers.every(({ status }) => status === 200),
      `${i}`,
    );
  }
  t.is(opened.snapshots, 0);
});
