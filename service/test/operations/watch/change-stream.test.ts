/** A stream of changes by itself, without a server. */
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { ChangeStream } from '../../../src/operations/watch/change-stream.ts';
import { Deliveries } from '../../../src/operations/watch/deliveries.ts';
import type { Store, Watcher } from '../../../src/store/store.ts';

/** A stream that is open, of a store whose newest revision is 9. */
async function open(t: ExecutionContext, deliveries: Deliveries) {
  const to = new PassThrough();
  let sent = '';
  to.on('data', (piece) => {
    sent += piece;
  });
  const watch = (_after: number, given: Watcher) => {
    queueMicrotask(() => given.opened());
    return { position: 9, close() {} };
  };
  const stream = new ChangeStream({
    to,
    filter: { prefix: '', suffix: '' },
    position: { timeline: '00000001', after: 5, skip: 0 },
    limits: { heartbeat: 5, maxBacklog: 1 << 20, stallTimeout: 60_000 },
    deliveries,
    onProblem() {},
  });
  await stream.open({ watch } as unknown as Store, () => {});
  t.teardown(() => to.destroy());
  const alive = () => sent.split(': alive').length - 1;
  return { stream, alive, sent: () => sent };
}

test('a client whose changes were dropped is not told that it has come as far as its watch', async (t) => {
  const deliveries = new Deliveries({ most: 1 << 20 });
  const [dropped, other] = await Promise.all([open(t, deliveries), open(t, deliveries)]);
  await waitFor('signs of life', () => dropped.alive() > 0 && other.alive() > 0);
  dropped.stream.drop();
  const before = dropped.sent();
  const seen = other.alive();
  await waitFor('further ones', () => other.alive() > seen + 3);
  t.is(dropped.sent(), before);
  dropped.stream.cut();
  await waitFor('the end', () => dropped.sent().includes('slow-consumer'));
});
