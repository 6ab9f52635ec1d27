/** What Flux and `kubectl wait` make of a KvStore, from its creation through a bad image to the fix. */
import type { V1Deployment, V1DeploymentStatus } from '@kubernetes/client-node';
import test from 'ava';
import { KubeError } from '../src/kube/kube-error.ts';
import { faultOf } from '../src/reconcile/fault.ts';
import { buildStatus, type Findings } from '../src/status/status.ts';
import { troubleOf } from '../src/trouble/pod-trouble.ts';
import { noTroubles, type Troubles } from '../src/trouble/troubles.ts';
import { settled } from './support/fake-etcd.ts';
import { type Kstatus, kstatusOf, waitEnds } from './support/kstatus.ts';
import { kvStore } from './support/kvstore.ts';
import { recorded } from './trouble/recorded.ts';

const noon = new Date('2026-01-01T12:00:00Z');
const formed = { etcd: { members: 3, readyMembers: 3 } };

function deployment(status: V1DeploymentStatus, generation = 1): V1Deployment {
  return { metadata: { generation }, status: { observedGeneration: 1, ...status } };
}

const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const trouble = troubleOf(recorded.badImage, noon);
const badImage: Troubles = { ...noTroubles, service: trouble === undefined ? [] : [trouble] };
const taken = { status: 'False', reason: 'HostTaken', message: 'taken' } as const;
const unanswered = { status: 'False', reason: 'RouteNotAnswering', message: '404' } as const;

const moments: readonly [title: string, found: Partial<Findings>, kstatus: Kstatus, waitEnds: boolean][] = [
  [
    'nothing is there',
    { deployment: undefined, etcd: { ...settled(3), readyMembers: 0, settled: false } },
    'InProgress',
    false,
  ],
  ['as asked for', {}, 'Current', true],
  ['the Deployment has not been taken up', { deployment: deployment(all, 2) }, 'InProgress', false],
  ['one replica is new', { deployment: deployment({ ...all, replicas: 4, updatedReplicas: 1 }) }, 'InProgress', false],
  [
    'the image cannot be pulled',
    { deployment: deployment({ ...all, replicas: 4, updatedReplicas: 1 }), troubles: badImage },
    'Failed',
    false,
  ],
  ['corrected, on its way', { deployment: deployment({ ...all, updatedReplicas: 2 }) }, 'InProgress', false],
  ['corrected', {}, 'Current', true],
  [
    'a member is restarted as planned',
    { etcd: { ...settled(3), readyMembers: 2, settled: false } },
    'InProgress',
    false,
  ],
  ['an object is refused', { faults: [faultOf(new KubeError(422, 'Invalid', 'no'))] }, 'Failed', false],
  ['the API server is away', { faults: [faultOf(new Error('no answer'))] }, 'InProgress', false],
  ['the host is taken', { exposure: taken }, 'Failed', true],
  ['the route is on its way', { exposure: unanswered }, 'InProgress', false],
  ['the route does not come', { exposure: unanswered, short: { route: 61_000 } }, 'Current', true],
];
for (const [title, found, expected, ends] of moments) {
  test(title, (t) => {
    const kvstore = kvStore({}, formed);
    const findings = { deployment: deployment(all), etcd: settled(3), faults: [], ...found };
    const status = buildStatus(kvstore, findings, noon);
    t.is(kstatusOf(kvstore, status), expected);
    t.is(waitEnds(kvstore, status, 'Ready'), ends);
    const types = status.conditions?.map(({ type }) => type) ?? [];
    t.false(types.includes('Stalled') && types.includes('Reconciling'), 'never both');
  });
}
