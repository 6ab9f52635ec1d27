import { EtcdCallError } from '@kvstore/etcd/call-error.ts';
import test from 'ava';
import { Registry } from 'prom-client';
import { Demand } from '../../../../../src/store/etcd/readers/demand.ts';
import { OwnLease } from '../../../../../src/store/etcd/readers/own/own-lease.ts';
import type { ReaderKeys, Refusal } from '../../../../../src/store/etcd/readers/reader-keys.ts';
import { readerMetrics } from '../../../../../src/store/etcd/readers/reader-metrics.ts';
import { Stability } from '../../../../../src/store/etcd/readers/stability.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { settle } from '../../../../support/settle.ts';
import { metric } from '../../harness.ts';

const none = { joined: [], left: [], noticed: [], values: new Map() };

/** A replica whose etcd does at once what it is asked, and whose watch brings what the test says. */
function setUp() {
  const clock = new ManualClock();
  const registry = new Registry();
  const stability = new Stability(clock, true);
  stability.begin({ timeline: 't', shown: 0, base: 0 });
  stability.resume({ timeline: 't', revision: 0, readers: [], addresses: new Map() });
  const etcd = {
    made: [] as string[],
    removed: [] as string[],
    refusal: undefined as Refusal | undefined,
    isDown: false,
    found: { wasThere: true, wasNoticed: false },
    /** What the making of a key waits for. */
    making: undefined as Promise<void> | undefined,
    /** Milliseconds until a check is answered. */
    slowness: 0,
  };
  const failing = () => {
    if (etcd.isDown) throw new Error('etcd is down');
  };
  const keys: Pick<ReaderKeys, 'make' | 'check' | 'remove'> = {
    async make(id) {
      await etcd.making;
      failing();
      etcd.made.push(id);
      return true;
    },
    async check() {
      failing();
      clock.pass(etcd.slowness);
      return etcd.refusal;
    },
    async remove(id) {
      failing();
      etcd.removed.push(id);
      return etcd.found;
    },
  };
  const reports: number[] = [];
  let closed = 0;
  const server = {
    address: 'here:1',
    report: (received: number) => void reports.push(received),
    close: async () => void closed++,
  };
  const port = { address: 'here:1', offer: () => server, close: async () => {} };
  const line = () => {};
  const watch = { isOpen: true };
  const own = new OwnLease({
    ...{ port, keys: keys as ReaderKeys, stability, clock, log: { info: line, warn: line, error: line } },
    ...{ replica: { unfit: undefined, putBack: undefined }, demand: wanted() },
    isFollowing: () => watch.isOpen,
    metrics: readerMetrics(registry, { isLeaseHeld: () => false, readers: () => 0, pending: () => 0 }),
  });
  let revision = 0;
  const receive = (readers: object) => {
    stability.receive([{ revision: ++revision, changes: [], head: undefined, readers: { ...none, ...readers } }]);
  };
  /** Half seconds. */
  const pass = async (ticks: number) => {
    for (let i = 0; i < ticks; i++) {
      clock.pass(500);
      own.tick();
      await settle();
    }
  };
  const take = async () => {
    own.want();
    await settle();
    receive({ joined: [etcd.made.at(-1)] });
  };
  const ends = (reason: string) => metric(registry, 'kvstore_lease_ends_total', { reason });
  return { clock, own, etcd, watch, stability, reports, receive, pass, take, ends, closed: () => closed };
}

function wanted(): Demand {
  const demand = new Demand();
  for (let i = 0; i < 1000; i++) demand.read();
  return demand;
}

test('a lease is taken, trusted when its key was received, kept by checks, and given back', async (t) => {
  const { own, etcd, stability, take, pass, closed } = setUp();
  own.want();
  await settle();
  t.is(own.target('k'), undefined, 'its key has not been received');
  await take();
  t.is(own.target('k'), 0);
  await pass(20);
  t.is(own.target('k'), 0);
  await own.close();
  t.is(own.target('k'), undefined);
  t.deepEqual(etcd.removed, etcd.made);
  t.deepEqual([stability.state.own, stability.state.readers], [undefined, []]);
  t.is(closed(), 1);
  own.want();
  t.is(etcd.made.length, 1, 'it is closed');
});

test('each reason for which a check fails ends the lease', async (t) => {
  for (const refusal of ['removed', 'noticed', 'timeline'] as const) {
    const { own, etcd, take, pass, ends } = setUp();
    await take();
    etcd.refusal = refusal;
    await pass(1);
    t.is(own.target('k'), undefined);
    t.is(await ends(refusal), 1);
    t.is(etcd.removed.length, 1);
  }
});

test('a notice, and the deletion of its key, end the lease as soon as the watch brings them', async (t) => {
  for (const [reason, event] of [
    ['noticed', (id: string) => ({ noticed: [{ id, name: 'n' }] })],
    ['removed', (id: string) => ({ left: [id] })],
  ] as const) {
    const { own, etcd, take, receive, ends } = setUp();
    await take();
    receive(event(etcd.made[0] ?? ''));
    t.is(own.target('k'), undefined);
    t.is(await ends(reason), 1);
  }
});

test('a lease lasts two seconds from when its last check was sent, however late that was answered (R2)', async (t) => {
  const { clock, own, etcd, take, pass } = setUp();
  await take();
  etcd.slowness = 900;
  await pass(1);
  clock.pass(1099);
  t.is(own.target('k'), 0);
  clock.pass(1);
  t.is(own.target('k'), undefined);
});

test('while etcd cannot be asked the lease lasts two seconds, and its key is deleted when it can be', async (t) => {
  const { clock, own, etcd, take, pass, ends } = setUp();
  await take();
  await pass(2);
  etcd.isDown = true;
  await pass(3);
  t.is(own.target('k'), 0);
  clock.pass(500);
  t.is(own.target('k'), undefined);
  await pass(1);
  t.is(await ends('expired'), 1);
  t.deepEqual(etcd.removed, []);
  etcd.isDown = false;
  await pass(4);
  t.deepEqual(etcd.removed, etcd.made);
});

test('an etcd that takes no key is asked again after 10 s', async (t) => {
  const { own, etcd, pass, ends } = setUp();
  etcd.isDown = true;
  own.want();
  await settle();
  t.is(await ends('failed'), 1);
  etcd.isDown = false;
  await pass(8);
  t.is(etcd.removed.length, 1, 'the key may have been made all the same');
  own.want();
  await settle();
  t.is(etcd.made.length, 0);
  await pass(12);
  own.want();
  await settle();
  t.is(etcd.made.length, 1);
});

test('a process that was paused for so long that it got a notice takes its next lease after 10 s, as if it had read it', async (t) => {
  for (const [found, made] of [
    [{ wasThere: true, wasNoticed: true }, 1],
    [{ wasThere: false, wasNoticed: false }, 1],
    [{ wasThere: true, wasNoticed: false }, 2],
  ] as const) {
    const { clock, own, etcd, take, pass, ends } = setUp();
    await take();
    etcd.found = found;
    clock.pass(5000);
    await pass(1);
    t.is(await ends('expired'), 1);
    await pass(3);
    own.want();
    await settle();
    t.is(etcd.made.length, made);
    await pass(20);
    own.want();
    await settle();
    t.is(etcd.made.length, 2);
  }
});

test('a key that an earlier call may have deleted says of no notice', async (t) => {
  const { own, etcd, take, pass, ends } = setUp();
  await take();
  etcd.isDown = true;
  await pass(5);
  t.is(await ends('expired'), 1);
  etcd.isDown = false;
  etcd.found = { wasThere: false, wasNoticed: false };
  await pass(4);
  own.want();
  await settle();
  t.is(etcd.made.length, 2);
});

test('no lease is taken while no watch brings what is written: writes would wait for a reader that reports nothing', async (t) => {
  const { own, etcd, watch } = setUp();
  watch.isOpen = false;
  own.want();
  await settle();
  t.is(etcd.made.length, 0);
  watch.isOpen = true;
  own.want();
  await settle();
  t.is(etcd.made.length, 1);
});

test('what was received is reported until the key is gone', async (t) => {
  const { own, etcd, reports, take, receive, pass } = setUp();
  await take();
  receive({});
  t.deepEqual(reports, [1, 2]);
  etcd.isDown = true;
  own.giveUp('writes');
  receive({});
  t.deepEqual(reports, [1, 2, 3], 'others still wait for it');
  etcd.isDown = false;
  await pass(8);
  receive({});
  t.deepEqual(reports, [1, 2, 3]);
});

test('a key that etcd makes after its making was given up on is deleted as soon as the watch brings it (R12)', async (t) => {
  const { own, etcd, receive, pass, take, ends } = setUp();
  const lost = Promise.withResolvers<void>();
  etcd.making = lost.promise;
  own.want();
  await settle();
  lost.reject(new Error('no answer in time'));
  etcd.found = { wasThere: false, wasNoticed: false };
  await pass(1);
  t.is(await ends('failed'), 1);
  const [late = ''] = etcd.removed;
  t.deepEqual(etcd.removed, [late], 'it was not there');
  etcd.making = undefined;
  await pass(21);
  await take();
  t.is(own.target('k'), 0, 'the process goes on with another id');
  receive({ joined: [late] });
  await settle();
  t.deepEqual(etcd.removed, [late, late]);
  receive({ joined: ['of another replica'] });
  await settle();
  t.is(etcd.removed.length, 2);
  t.is(own.target('k'), 0);
});

test('a key whose making failed for certain is not looked for', async (t) => {
  const { own, etcd, receive, pass } = setUp();
  etcd.making = Promise.reject(new EtcdCallError('No etcd member is connected.', 14, false));
  etcd.making.catch(() => {});
  etcd.found = { wasThere: false, wasNoticed: false };
  own.want();
  await pass(1);
  const [id = ''] = etcd.removed;
  receive({ joined: [id] });
  await settle();
  t.is(etcd.removed.length, 1);
});

test('a lease that is given up while its key is being made is deleted after that, not before', async (t) => {
  const { own, etcd, pass } = setUp();
  const making = Promise.withResolvers<void>();
  etcd.making = making.promise;
  own.want();
  await settle();
  own.giveUp('sync');
  await pass(1);
  t.deepEqual(etcd.removed, []);
  making.resolve();
  await settle();
  t.is(etcd.made.length, 1);
  t.deepEqual(etcd.removed, etcd.made);
});
