import test from 'ava';
import { Registry } from 'prom-client';
import type { ConnectionState } from '../../../../src/store/etcd/readers/connections.ts';
import { Notices } from '../../../../src/store/etcd/readers/notices.ts';
import type { ReaderKeys } from '../../../../src/store/etcd/readers/reader-keys.ts';
import { readerValue } from '../../../../src/store/etcd/readers/reader-list.ts';
import { readerMetrics } from '../../../../src/store/etcd/readers/reader-metrics.ts';
import { Stability } from '../../../../src/store/etcd/readers/stability.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { settle } from '../../../support/settle.ts';
import { metric } from '../harness.ts';

const none = { joined: [], left: [], noticed: [], values: new Map() };

/** A replica that knows the reader x, whose key revision 1 has made. */
function setUp(connection: ConnectionState) {
  const clock = new ManualClock();
  const registry = new Registry();
  const stability = new Stability(clock, true);
  stability.begin({ timeline: 't', shown: 0, base: 0 });
  stability.resume({ timeline: 't', revision: 0, readers: [], addresses: new Map() });
  const asked: string[] = [];
  const keys: Pick<ReaderKeys, 'notice' | 'removeNoticed'> = {
    notice: async (id) => {
      asked.push(`${clock.now()} notice ${id}`);
      return true;
    },
    removeNoticed: async (id, name) => void asked.push(`${clock.now()} remove ${id} ${name}`),
  };
  const line = () => {};
  const warnings: object[] = [];
  const warn = (fields: object) => void warnings.push(fields);
  const connections = { state: connection, stateOf: () => connections.state };
  const notices = new Notices({
    ...{ stability, connections, keys: keys as ReaderKeys, clock, log: { info: line, warn, error: line } },
    metrics: readerMetrics(registry, { isLeaseHeld: () => false, readers: () => 0, pending: () => 0 }),
  });
  const receive = (revision: number, readers?: object) => {
    const events = readers === undefined ? {} : { readers: { ...none, ...readers } };
    stability.receive([{ revision, changes: [], head: undefined, ...events }]);
  };
  const pass = async (milliseconds: number) => {
    for (let i = 0; i < milliseconds; i += 10) {
      clock.pass(10);
      await settle();
    }
  };
  const report = (received: number) => stability.report({ id: 'x', timeline: 't', received });
  const stalls = (cause: string) => metric(registry, 'kvstore_stalls_total', { cause });
  const value = readerValue({ address: '10.0.0.7:9443', secret: 's' });
  receive(1, { joined: ['x'], values: new Map([['x', value]]) });
  return { clock, connections, notices, stability, asked, warnings, receive, report, pass, stalls };
}

test('a reader that is connected and does not report for 250 ms gets a notice', async (t) => {
  const { asked, warnings, receive, pass, stalls } = setUp('connected');
  await pass(1000);
  t.deepEqual(asked, [], 'nothing waits for it');
  receive(2);
  await pass(200);
  t.deepEqual(asked, []);
  await pass(200);
  t.regex(asked[0] ?? '', /notice x/);
  t.is(await stalls('silent'), 1);
  // An id alone says of no replica which one it is.
  t.deepEqual(warnings[0], { id: 'x', address: '10.0.0.7:9443', cause: 'silent' });
});

test('a reader that reports what was waited for is waited for anew', async (t) => {
  const { asked, receive, report, pass } = setUp('connected');
  for (let revision = 2; revision < 30; revision++) {
    receive(revision);
    await pass(100);
    report(revision - 1);
  }
  report(29);
  await pass(1000);
  t.deepEqual(asked, []);
});

test('a reader that reports, and too little, is behind', async (t) => {
  const { asked, receive, report, pass, stalls } = setUp('connected');
  receive(3);
  await pass(100);
  report(2);
  await pass(300);
  t.is(asked.length > 0, true);
  t.is(await stalls('behind'), 1);
});

test('a reader that has not been reached yet has a second, and two while nothing waits for it', async (t) => {
  const awaited = setUp('never');
  awaited.receive(2);
  await awaited.pass(950);
  t.deepEqual(awaited.asked, []);
  await awaited.pass(200);
  t.true(awaited.asked.length > 0);
  t.is(await awaited.stalls('unreachable'), 1);
  const idle = setUp('never');
  await idle.pass(1950);
  t.deepEqual(idle.asked, []);
  await idle.pass(200);
  t.true(idle.asked.length > 0);
  t.is(await idle.stalls('unreachable'), 0, 'no write waited');
});

test('a connection that breaks and is made again in time is no reason', async (t) => {
  const { asked, connections, notices, pass } = setUp('broken');
  notices.look();
  await pass(1900);
  connections.state = 'connected';
  await pass(5000);
  t.deepEqual(asked, []);
});

test('the key of a reader that has a notice is deleted when the notice was known for 2.3 s, with that notice alone', async (t) => {
  const { clock, asked, receive, pass } = setUp('connected');
  const known = clock.now();
  receive(2, { noticed: [{ id: 'x', name: 'n' }] });
  await pass(2200);
  t.deepEqual(
    asked.filter((text) => text.includes('remove')),
    [],
  );
  await pass(200);
  const [first = ''] = asked.filter((text) => text.includes('remove'));
  t.regex(first, /remove x n$/);
  t.true(Number.parseInt(first, 10) - known >= 2300);
  receive(3, { left: ['x'] });
  const before = asked.length;
  await pass(3000);
  t.is(asked.length, before, 'it is gone');
});

test('the own lease is no matter of notices', async (t) => {
  const { asked, stability, receive, pass } = setUp('never');
  stability.update((state) => ({ ...state, own: { id: 'x', until: 1e9, isLeaving: false } }));
  receive(2, { noticed: [{ id: 'x', name: 'n' }] });
  await pass(5000);
  t.deepEqual(asked, []);
});

test('what was reported while a process did not run is read before the next look counts', async (t) => {
  const { clock, asked, receive, report, pass } = setUp('connected');
  receive(2);
  await pass(270);
  t.deepEqual(asked, []);
  // The timer of the last look that the reader has is due before sockets are read.
  clock.pass(190);
  report(2);
  await pass(1000);
  t.deepEqual(asked, []);
});

test('readers that ended the connections of a paused process have a second to be connected again', async (t) => {
  const { clock, connections, asked, receive, pass } = setUp('connected');
  clock.pass(5000);
  connections.state = 'broken';
  receive(2);
  await pass(900);
  t.deepEqual(asked, []);
  await pass(200);
  t.true(asked.length > 0);
});

test('a reader that is connected has a second while reports are slow, and one whose connection broke has not', async (t) => {
  for (const [connection, patience] of [
    ['connected', 1000],
    ['broken', 250],
  ] as const) {
    const { asked, connections, receive, report, pass } = setUp('connected');
    receive(2);
    await pass(200);
    report(2);
    await pass(100);
    connections.state = connection;
    receive(3);
    await pass(patience - 50);
    t.deepEqual(asked, []);
    await pass(150);
    t.true(asked.length > 0, connection);
  }
});
