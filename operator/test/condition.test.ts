/** When something needs attention: what has fewer than asked for, does not start, failed or leads elsewhere. */
import type { V1Deployment } from '@kubernetes/client-node';
import test from 'ava';
import type { EtcdOutcome } from '../src/etcd/contract.ts';
import { KubeError } from '../src/kube/kube-error.ts';
import { faultOf, isPermanent } from '../src/reconcile/fault.ts';
import { conditionOf } from '../src/status/conditions.ts';
import { buildStatus, type Findings } from '../src/status/status.ts';
import { explained, troubleOf } from '../src/trouble/pod-trouble.ts';
import { noTroubles, type Troubles } from '../src/trouble/troubles.ts';
import { settled } from './support/fake-etcd.ts';
import { kvStore } from './support/kvstore.ts';
import { recorded } from './trouble/recorded.ts';

const noon = new Date('2026-01-01T12:00:00Z');
const formed = { etcd: { members: 3, readyMembers: 3 } };

function serving(pods: number): V1Deployment {
  const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: pods, availableReplicas: pods };
  return { metadata: { generation: 1 }, status: { ...counts, observedGeneration: 1 } };
}

function look(found: Partial<Findings>, type: string) {
  const findings = { deployment: serving(3), etcd: settled(3), faults: [], ...found };
  const { conditions = [] } = buildStatus(kvStore({}, formed), findings, noon);
  const condition = conditions.find((each) => each.type === type);
  return condition === undefined ? undefined : `${condition.status} ${condition.reason}`;
}

const etcd = (changes: Partial<EtcdOutcome>): EtcdOutcome => ({ ...settled(3), ...changes });
const waiting = etcd({ readyMembers: 2, settled: false, reason: 'EtcdMembersNotReady' });
const growing = etcd({ readyMembers: 2, settled: false, reason: 'EtcdGrowing' });
const trouble = (component: keyof typeof recorded): Troubles => {
  const found = troubleOf(recorded[component], noon);
  return { ...noTroubles, service: found === undefined ? [] : [found] };
};
const attaching = explained({ subject: 'pod shop-1' }, 'FailedAttachVolume', 'in use by another node');
const no = (reason: string) => ({ status: 'False', reason, message: 'x' }) as const;

const cases: readonly [title: string, found: Partial<Findings>, degraded: string, stalled?: string][] = [
  ['a replica is missing for a moment', { deployment: serving(2), short: { replicas: 59_000 } }, 'False AsExpected'],
  ['and for a minute', { deployment: serving(2), short: { replicas: 60_000 } }, 'True ReplicasUnavailable'],
  [
    'while etcd is on its way',
    { deployment: serving(2), etcd: growing, short: { replicas: 60_000 } },
    'False AsExpected',
  ],
  ['a member is missing for a moment', { etcd: waiting, short: { members: 59_000 } }, 'False AsExpected'],
  ['and for a minute', { etcd: waiting, short: { members: 60_000 } }, 'True EtcdMembersNotReady'],
  ['while members are added', { etcd: growing, short: { members: 200_000 } }, 'False AsExpected'],
  [
    'and one step after the other is made',
    { etcd: growing, short: { members: 200_000, step: 119_000 } },
    'False AsExpected',
  ],
  ['a step that does not get on', { etcd: growing, short: { step: 120_000 } }, 'True EtcdGrowing'],
  ['steps that come to nothing', { etcd: growing, short: { members: 300_000, step: 1_000 } }, 'True EtcdGrowing'],
  ['a step that was the last one', { short: { step: 120_000 } }, 'False AsExpected'],
  [
    'a volume that another node holds',
    { troubles: { ...noTroubles, service: [attaching] } },
    'True FailedAttachVolume',
  ],
  [
    'an image that cannot be pulled',
    { troubles: trouble('badImage') },
    'True ImagePullBackOff',
    'True ImagePullBackOff',
  ],
  ['a container that crashes', { troubles: trouble('crashing') }, 'True CrashLoopBackOff', 'True CrashLoopBackOff'],
  ['a slow pod', { troubles: trouble('mounting') }, 'True ContainerCreating', undefined],
  ['a host that is taken', { exposure: no('HostTaken') }, 'True HostTaken', 'True HostTaken'],
  [
    'a class that is not there',
    { exposure: no('IngressClassNotFound') },
    'True IngressClassNotFound',
    'True IngressClassNotFound',
  ],
  ['a route on its way', { exposure: no('RouteNotAnswering'), short: { route: 59_000 } }, 'False AsExpected'],
  [
    'a route that does not come',
    { exposure: no('RouteNotAnswering'), short: { route: 60_000 } },
    'True RouteNotAnswering',
  ],
  [
    'a stranger that answers',
    { exposure: no('OtherStoreAnswers'), short: { route: 60_000 } },
    'True OtherStoreAnswers',
  ],
  ['no controller reports the class', { exposure: { ...no('NotReported'), status: 'Unknown' } }, 'False AsExpected'],
  ['an external etcd that is not reached', { etcd: undefined, contactMs: 30_001 }, 'True EtcdUnavailable'],
  ['an external etcd that elects', { etcd: undefined, contactMs: 30_000 }, 'False AsExpected'],
  ['a backup that failed', { backup: no('Failed') }, 'True BackupFailed'],
  ['a backup to come', { backup: { ...no('NoneYet'), status: 'Unknown' } }, 'False AsExpected'],
];
test('a field that an object does not have is refused, named, and not tried again', (t) => {
  const message =
    'PATCH /apis/apps/v1/x: 500 failed to create typed patch object: .spec.affinity.nod: field not declared in schema';
  const fault = faultOf(new KubeError(500, 'InternalError', message));
  t.is(look({ faults: [fault] }, 'Degraded'), 'True Refused');
  t.is(look({ faults: [fault] }, 'Stalled'), 'True Refused');
  t.true(isPermanent(fault));
  t.false(isPermanent(faultOf(new KubeError(500, 'InternalError', 'etcdserver: request timed out'))));
});

for (const [i, [title, found, degraded, stalled]] of cases.entries()) {
  test(`${i}: ${title}`, (t) => {
    t.is(look(found, 'Degraded'), degraded);
    t.is(look(found, 'Stalled'), stalled);
  });
}

test('while it is paused no restart is planned: a member that does not start is told', (t) => {
  const found = troubleOf(recorded.crashing, noon);
  const troubles = { ...noTroubles, etcd: found === undefined ? [] : [found] };
  const etcdNow = etcd({ settled: false, reason: 'EtcdRestarting' });
  const degraded = (paused: boolean) => {
    const findings = { deployment: serving(3), etcd: etcdNow, faults: [], troubles };
    return conditionOf(buildStatus(kvStore({ paused }, formed), findings, noon), 'Degraded')?.reason;
  };
  t.is(degraded(true), 'CrashLoopBackOff');
  t.is(degraded(false), 'AsExpected');
});

test('the store is known by its identity, and found only where it is the one that answers', (t) => {
  const shop = kvStore({ ingress: { enabled: true, className: 'traefik', host: 'shop.test', pages: false } }, formed);
  const status = (exposure?: Findings['exposure']) =>
    buildStatus(shop, { deployment: serving(3), etcd: settled(3), faults: [], exposure }, noon);
  t.is(status().identity, 'web/shop/uid');
  t.is(status({ ...no('RouteAnswers'), status: 'True' }).url, 'http://shop.test/');
  t.is(status(no('HostTaken')).url, 'http://shop.web.svc:8080/');
  t.is(status(no('ServiceConflict')).url, undefined);
});
