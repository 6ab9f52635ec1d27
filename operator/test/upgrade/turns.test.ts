import test from 'ava';
import { Registry } from 'prom-client';
import type { KvStore } from '../../src/kvstore.ts';
import { createUpgradeMetrics } from '../../src/metrics/upgrade-metrics.ts';
import { faultOf } from '../../src/reconcile/fault.ts';
import type { UpgradeState } from '../../src/upgrade/turn-end.ts';
import { Turns } from '../../src/upgrade/turns.ts';
import { parseWindow } from '../../src/upgrade/window.ts';
import { kvstoreWith } from '../etcd/samples.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { settled } from '../support/fake-etcd.ts';

function store(name: string, change: { ready?: boolean; generation?: number } = {}): KvStore {
  const kvstore = kvstoreWith();
  const { ready = true, generation = 1 } = change;
  const rest = { reason: '', message: '', observedGeneration: 1, lastTransitionTime: '' };
  const status = { observedGeneration: 1, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', ...rest }] };
  return { ...kvstore, metadata: { ...kvstore.metadata, name, generation }, status } as KvStore;
}

const around = { message: '', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' };
const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const rollout = (counts: object) => ({ metadata: { generation: 2 }, status: { observedGeneration: 2, ...counts } });

/** Of a KvStore with three replicas that has all that is wanted, but for the change. */
function state(change: Partial<UpgradeState> & { ready?: 'True' | 'False'; reason?: string } = {}): UpgradeState {
  const { ready = 'True', reason = '', ...rest } = change;
  const status = { conditions: [{ ...around, type: 'Ready', status: ready, reason }] };
  return { isApplied: true, leaseWaits: false, faults: [], deployment: rollout(all), etcd: undefined, status, ...rest };
}

function start(atOnce: number, window = '') {
  const clock = new FakeClock();
  const registry = new Registry();
  let time = '12:00:00';
  const turns = new Turns({
    clock,
    now: () => new Date(`2026-11-29T${time}Z`),
    atOnce,
    pauseMs: 1_000,
    window: parseWindow(window),
    metrics: createUpgradeMetrics(registry),
  });
  const setTime = (next: string): void => {
    time = next;
  };
  const counts = async (): Promise<number[]> => {
    const text = await registry.metrics();
    return ['active', 'waiting'].map((what) => Number(new RegExp(`upgrades_${what} (\\d+)`).exec(text)?.[1]));
  };
  return { turns, clock, setTime, counts };
}

const a = store('a');
const b = store('b');
const c = store('c');

test('so many at once, and a pause after each and after the start', async (t) => {
  const { turns, clock, counts } = start(2);
  t.false(turns.take(a), 'a former operator may have been killed in a turn');
  clock.advance(1_000);
  t.true(turns.take(a));
  t.true(turns.take(a), 'it still is its turn');
  t.true(turns.take(b));
  t.false(turns.take(c));
  t.true(turns.isWaiting(c));
  t.deepEqual(await counts(), [2, 1]);
  turns.passed(a, state());
  t.false(turns.take(c), 'there is a pause');
  clock.advance(1_000);
  t.true(turns.take(c));
  t.deepEqual(await counts(), [2, 0]);
});

test('one that does not settle keeps its turn: what is wrong stops there, until it is deleted or paused', (t) => {
  const { turns, clock } = start(1);
  clock.advance(1_000);
  t.true(turns.take(a));
  clock.advance(86_400_000);
  t.false(turns.take(b));
  turns.forget('team', 'a');
  t.true(turns.take(b));
});

test('a change of its own spec, and a store that is not ready, wait for nothing and take no turn', async (t) => {
  const { turns, counts } = start(1);
  const changed = store('changed', { generation: 2 });
  turns.begin(changed);
  t.true(turns.take(changed));
  t.true(turns.take(store('down', { ready: false })));
  t.true(turns.take(kvstoreWith()), 'a new one');
  t.deepEqual(await counts(), [0, 0]);
});

test('a change of its own spec that a fault stopped halfway waits for nothing either, until it has settled', async (t) => {
  const { turns, counts } = start(1, '22:00-04:00');
  turns.begin(store('changed', { generation: 2 }));
  // The status names the new spec by now.
  const named = store('changed');
  turns.begin(named);
  t.true(turns.take(named));
  t.deepEqual(await counts(), [0, 0]);
  turns.passed(named, state({ isApplied: false }));
  t.true(turns.take(named), 'a fault still keeps it from the pods');
  turns.passed(named, state());
  turns.begin(named);
  t.false(turns.take(named), 'what comes later is an upgrade');
  turns.begin(store('gone', { generation: 2 }));
  turns.forget('team', 'gone');
  t.false(turns.take(store('gone')));
});

test('turns begin within the window, and end outside of it', (t) => {
  const { turns, clock, setTime } = start(1, '22:00-04:00');
  clock.advance(1_000);
  t.false(turns.take(a));
  setTime('22:00:00');
  t.true(turns.take(a));
  setTime('04:00:00');
  t.true(turns.take(a));
  t.false(turns.take(b));
});

test('one that is gone waits no more', async (t) => {
  const { turns, counts } = start(1);
  turns.take(a);
  t.deepEqual(await counts(), [0, 1]);
  turns.forget('team', 'a');
  t.deepEqual(await counts(), [0, 0]);
});

test('a turn ends when the rollout and etcd are done and clients are served, whatever else is wrong', (t) => {
  const ends = (store: KvStore, change: Parameters<typeof state>[0]) => {
    const { turns, clock } = start(1);
    clock.advance(1_000);
    t.true(turns.take(store));
    turns.passed(store, state(change));
    clock.advance(1_000);
    return turns.take(b);
  };
  const none = { ...all, replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };
  const scaled = { ...a, spec: { ...a.spec, replicas: 0 } };
  t.true(ends(a, {}));
  t.true(ends(scaled, { ready: 'False', reason: 'ScaledToZero', deployment: rollout(none) }));
  t.false(ends(scaled, { ready: 'False', reason: 'ScaledToZero' }));
  t.false(ends(a, { ready: 'False', reason: 'ReplicasUnavailable' }));
  t.false(ends(a, { deployment: rollout({ ...all, updatedReplicas: 1 }) }));
  t.false(ends(a, { deployment: { metadata: { generation: 3 }, status: { observedGeneration: 2, ...all } } }));
  t.false(ends(a, { etcd: { ...settled(3), settled: false, reason: 'EtcdRestarting' } }));
  t.false(ends(a, { etcd: { ...settled(3), settled: false, reason: 'EtcdImageUnusable' } }));
  t.true(ends(a, { etcd: { ...settled(3), settled: false, reason: 'EtcdVolumeNotGrown' } }));
  t.false(ends(a, { leaseWaits: true }), 'another rollout follows');
  const faults = [faultOf(new Error('the Deployment is invalid'))];
  t.false(ends(a, { faults, isApplied: false }), 'the API server refuses the new pods');
  const faulty = (message: string): KvStore => {
    const conditions = [
      ...(a.status?.conditions ?? []),
      { ...around, type: 'Degraded', status: 'True', reason: '', message },
    ];
    return { ...a, status: { ...a.status, conditions } } as KvStore;
  };
  t.true(ends(faulty('the Deployment is invalid; and more'), { faults }), 'it did so before the turn');
  t.false(ends(faulty('something else'), { faults }));
});
