import { randomBytes } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip, gunzipSync } from 'node:zlib';
import test from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { CoderThreads, inThreads } from '../../src/answers/coder-threads.ts';

test('so many pieces run at once, and the others in their order', (t) => {
  const threads = new CoderThreads(2);
  const running: (() => void)[] = [];
  const began: number[] = [];
  for (let i = 0; i < 5; i++) {
    threads.run((done) => {
      began.push(i);
      running.push(done);
    });
  }
  t.deepEqual(began, [0, 1]);
  running[1]?.();
  t.deepEqual(began, [0, 1, 2]);
  running[1]?.();
  t.deepEqual(began, [0, 1, 2], 'a piece ends once');
  for (let i = 0; i < 5; i++) running[i]?.();
  t.deepEqual(began, [0, 1, 2, 3, 4]);
});

test('a store that commits beside many answers finds a thread: of a hundred coders two work at once', async (t) => {
  const threads = new CoderThreads(2);
  let working = 0;
  let most = 0;
  const answers = Array.from({ length: 100 }, async () => {
    const coder = createGzip();
    const { _transform: transform } = coder;
    coder._transform = (chunk: unknown, encoding: BufferEncoding, callback: TransformCallback) => {
      most = Math.max(most, ++working);
      transform.call(coder, chunk, encoding, (...result) => {
        working--;
        callback(...result);
      });
    };
    inThreads(coder, threads);
    const sent = randomBytes(100_000).toString('base64');
    for (let i = 0; i < sent.length; i += 10_000) coder.write(sent.slice(i, i + 10_000));
    coder.end();
    t.is(gunzipSync(await buffer(coder)).toString(), sent);
  });
  await Promise.all(answers);
  t.is(most, 2);
});

test('a coder whose client takes nothing, and one that was destroyed, keep no thread', async (t) => {
  const threads = new CoderThreads(1);
  const text = randomBytes(1 << 20).toString('base64');
  const [unread, destroyed, waiting] = [1, 2, 3].map(() => inThreads(createGzip(), threads)) as [
    Transform,
    Transform,
    Transform,
  ];
  unread.write(text);
  destroyed.write(text);
  destroyed.destroy();
  waiting.end(text);
  t.is(gunzipSync(await buffer(waiting)).toString(), text);
  t.true(unread.writableNeedDrain);
  unread.end();
  t.is(gunzipSync(await buffer(unread)).toString(), text);
});

test('a coder that fails keeps no thread', async (t) => {
  const threads = new CoderThreads(1);
  const failing = inThreads(
    new Transform({
      transform() {
        this.destroy(new Error('broken'));
      },
    }),
    threads,
  );
  let failed = false;
  failing.once('error', () => {
    failed = true;
  });
  failing.write('a');
  await waitFor('it fails', () => failed);
  const coder = inThreads(createGzip(), threads);
  coder.end('text');
  t.is(gunzipSync(await buffer(coder)).toString(), 'text');
});
