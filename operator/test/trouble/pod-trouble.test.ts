/** Why a pod does not start, by its status, and from when on that is a fault. */
import type { EventsV1Event, V1Deployment, V1Job, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import test from 'ava';
import { ObjectCache } from '../../src/kube/object-cache.ts';
import type { Caches } from '../../src/kube/sources.ts';
import { kvStoreKeyOf } from '../../src/kube/sources.ts';
import { Lasting } from '../../src/trouble/lasting.ts';
import { type Explanation, explanationIn, type WarningEvents } from '../../src/trouble/pod-events.ts';
import { troubleOf } from '../../src/trouble/pod-trouble.ts';
import { troublesOf } from '../../src/trouble/troubles.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { kvStore } from '../support/kvstore.ts';
import { pod, recorded } from './recorded.ts';

const noon = new Date('2026-01-01T12:00:00Z');

const cases: readonly [found: V1Pod, reason: string | undefined, message: RegExp][] = [
  [recorded.running, undefined, /./],
  [
    recorded.badImage,
    'ImagePullBackOff',
    /pod shop-1: ImagePullBackOff: Back-off .*kvstore\/service:nope.*correct the image/,
  ],
  [recorded.noImageName, 'InvalidImageName', /not an image!/],
  [recorded.unschedulable, 'Unschedulable', /persistentvolumeclaim "backups" not found.*volume claim/],
  [recorded.noConfig, 'CreateContainerConfigError', /secret "creds" not found.*make the Secret/],
  [recorded.crashing, 'CrashLoopBackOff', /last state: .*exit code 137 \(OOMKilled\).*kubectl logs --previous/],
  [recorded.mounting, 'ContainerCreating', /not made yet/],
  [recorded.running1, 'NotReady', /runs but is not ready/],
  [recorded.betweenCrashes, 'CrashLoopBackOff', /last state: .*exit code 1/],
  [recorded.justCrashed, 'CrashLoopBackOff', /kubectl logs/],
  [recorded.evicted, 'Evicted', /low on resource/],
  [pod(), 'ContainerCreating', /./],
  [pod({ phase: 'Succeeded' }), undefined, /./],
  [pod({ deletionTimestamp: '2026-01-01T11:59:30Z' }), undefined, /./],
  [pod({ deletionTimestamp: '2026-01-01T11:50:00Z' }), 'Terminating', /ended long ago/],
];
for (const [i, [found, reason, message]] of cases.entries()) {
  test(`status ${i}: ${reason ?? 'no trouble'}`, (t) => {
    const trouble = troubleOf(found, noon);
    t.is(trouble?.reason, reason);
    if (trouble !== undefined) t.regex(trouble.message, message);
  });
}

async function follow(found: V1Pod, explanation?: Explanation, statefulSet?: V1StatefulSet, available?: V1Deployment) {
  const clock = new FakeClock();
  const pods = new ObjectCache<V1Pod>(kvStoreKeyOf);
  pods.put(found);
  const statefulSets = new ObjectCache<V1StatefulSet>(kvStoreKeyOf);
  if (statefulSet !== undefined) statefulSets.put(statefulSet);
  const lasting = new Lasting(clock);
  let asked = 0;
  const events = {
    async newest() {
      asked += 1;
      return explanation;
    },
  } as unknown as WarningEvents;
  const deployments = new ObjectCache<V1Deployment>(kvStoreKeyOf);
  if (available !== undefined) deployments.put(available);
  const caches = { pods, statefulSets, deployments, jobs: new ObjectCache<V1Job>(kvStoreKeyOf) } as unknown as Caches;
  const look = () => troublesOf(kvStore(), caches, lasting, events, noon);
  /** Milliseconds until it is a fault, as the hints when to look again have it. */
  const untilTold = async (component: 'service' | 'etcd') => {
    for (let waited = 0; waited < 600_000; ) {
      const found = await look();
      const [told] = found[component];
      if (told !== undefined) return { waited, reason: told.reason, asked };
      const wait = found.nextMs ?? 600_000;
      clock.advance(wait);
      waited += wait;
    }
    return undefined;
  };
  return { clock, look, untilTold };
}

test('what does not pass is told at once, the rest when it has lasted', async (t) => {
  const told = async (found: V1Pod, component: 'service' | 'etcd' = 'service') =>
    (await follow(found)).untilTold(component).then((result) => result?.waited);
  t.is(await told(recorded.badImage), 0);
  t.is(await told(recorded.noImageName), 0);
  t.is(await told(recorded.crashing), 20_000);
  t.is(await told(recorded.noConfig), 20_000);
  t.is(await told(recorded.running1), 60_000);
  t.is(await told(recorded.mounting), 60_000);
  const member = { ...recorded.crashing, metadata: pod({ component: 'etcd' }).metadata ?? {} };
  t.is(await told(member, 'etcd'), 60_000, 'members crash while they wait to be added');
});

test('a pod that only its Events explain is explained by them, and they are not asked for others', async (t) => {
  const note = 'MountVolume.SetUp failed for volume "tokens" : secret "shop-tokens" not found';
  const mounting = await follow(recorded.mounting, { reason: 'FailedMount', note });
  const told = await mounting.untilTold('service');
  t.like(told, { reason: 'FailedMount', waited: 60_000 });
  const [trouble] = (await mounting.look()).service;
  t.regex(trouble?.message ?? '', /shop-tokens.*make the Secret/);
  t.is((await (await follow(recorded.crashing)).untilTold('service'))?.asked, 0);
});

test('a warning is over once the pod has got further: a mount that failed at first stalls nothing', (t) => {
  const event = (type: string, reason: string, second: number) =>
    ({ type, reason, note: 'x', deprecatedLastTimestamp: new Date(second * 1000) }) as unknown as EventsV1Event;
  const failed = event('Warning', 'FailedMount', 10);
  const cases: readonly (readonly [found: EventsV1Event[], since: number, reason: string | undefined])[] = [
    [[failed], 0, 'FailedMount'],
    [[event('Normal', 'Scheduled', 11), failed], 0, 'FailedMount'],
    [[event('Normal', 'Pulling', 11), failed], 0, undefined],
    [[event('Normal', 'Pulling', 10), failed], 0, undefined],
    [[event('Normal', 'Pulling', 11), failed, event('Warning', 'Failed', 12)], 0, 'Failed'],
    [[failed], 10_000, undefined],
    [[], 0, undefined],
  ];
  for (const [i, [found, since, reason]] of cases.entries()) t.is(explanationIn(found, since)?.reason, reason, `${i}`);
});

test('what held when the operator stopped has not just begun', (t) => {
  const lasting = new Lasting(new FakeClock());
  t.is(lasting.of('a', ['x'], 90_000).get('x'), 90_000);
  t.deepEqual([...lasting.of('a', ['x', 'y'], 90_000).values()], [90_000, 0]);
  lasting.of('a', []);
  t.is(lasting.of('a', ['x'], 90_000).get('x'), 0);
});

test('a pod of the service that failed is no trouble: another one takes its place', async (t) => {
  const metadata = { name: 'shop', namespace: 'web', resourceVersion: '1' };
  for (const availableReplicas of [3, 2]) {
    const some = { metadata, status: { availableReplicas } };
    t.is(await (await follow(recorded.evicted, undefined, undefined, some)).untilTold('service'), undefined);
  }
});

test('a quota that forbids a member is named', async (t) => {
  const statefulSet = {
    metadata: {
      name: 'shop-etcd',
      namespace: 'web',
      resourceVersion: '1',
      labels: { 'app.kubernetes.io/component': 'etcd' },
    },
    spec: { replicas: 3 },
  } as unknown as V1StatefulSet;
  const note = 'create Pod shop-etcd-1 failed: pods "shop-etcd-1" is forbidden: exceeded quota: small';
  const told = await follow(recorded.running, { reason: 'FailedCreate', note }, statefulSet);
  t.like(await told.untilTold('etcd'), { reason: 'FailedCreate', waited: 60_000 });
  t.regex((await told.look()).etcd[0]?.message ?? '', /StatefulSet shop-etcd: FailedCreate: .*exceeded quota/);
});

test('what has passed in between begins anew', async (t) => {
  const clock = new FakeClock();
  const lasting = new Lasting(clock);
  t.is(lasting.of('a', ['x']).get('x'), 0);
  clock.advance(50);
  t.is(lasting.of('a', ['x', 'y']).get('x'), 50);
  lasting.of('a', ['y']);
  clock.advance(50);
  t.deepEqual(
    [...lasting.of('a', ['x', 'y'])],
    [
      ['x', 0],
      ['y', 100 - 50],
    ],
  );
});
