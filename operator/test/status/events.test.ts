/** Events are counted, not repeated, and never a flood. */
import test from 'ava';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { createLog } from '../../src/log.ts';
import { createEventRecorder } from '../../src/status/events.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { kvStore } from '../support/kvstore.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: { readonly reason?: string; readonly series?: { readonly count: number } };
}

function start({ fails = false } = {}) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const client = {
    async request(method: string, path: string, { body }: { body: Sent['body'] }) {
      sent.push({ method, path, body });
      if (fails) throw new Error('no answer');
      return { metadata: { name: `event-${sent.length}` } };
    },
  } as unknown as KubeClient;
  const logged: string[] = [];
  const log = createLog('warn', { write: (line) => logged.push(line) });
  const recorder = createEventRecorder({ client, clock, log, identity: 'operator-0' });
  const record = async (reason: string, note = 'note') => {
    recorder.record(kvStore(), 'Warning', reason, note);
    await recorder.flush();
  };
  return { clock, sent, logged, record };
}

test('the same Event is written once and then counted, at most once a minute', async (t) => {
  const { clock, sent, record } = start();
  await record('HostTaken');
  for (let second = 0; second < 300; second += 2) {
    clock.advance(2000);
    await record('HostTaken');
  }
  const [first, ...counts] = sent;
  t.is(first?.method, 'POST');
  t.true(counts.length >= 4 && counts.length <= 6, `${counts.length} counts`);
  for (const { method, path } of counts) t.deepEqual([method, path.endsWith('/event-1')], ['PATCH', true]);
  const numbers = counts.map(({ body }) => body.series?.count ?? 0);
  t.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  t.true((numbers.at(-1) ?? 0) > 100);
  clock.advance(601_000);
  await record('HostTaken');
  t.is(sent.at(-1)?.method, 'POST', 'much later it is news again');
});

test('a flood of different Events on one KvStore is cut off, and let through again later', async (t) => {
  const { clock, sent, record } = start();
  for (let i = 0; i < 200; i++) await record('Odd', `note ${i}`);
  t.is(sent.length, 25);
  clock.advance(3 * 60_000);
  for (let i = 0; i < 200; i++) await record('Odd', `later ${i}`);
  t.is(sent.length, 28);
});

test('an Event that cannot be written is logged, and nothing else comes of it', async (t) => {
  const { logged, sent, clock, record } = start({ fails: true });
  await record('HostTaken');
  clock.advance(30_000);
  await record('HostTaken');
  t.is(sent.length, 1);
  t.is(logged.length, 1);
});
