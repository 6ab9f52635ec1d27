/** When a new image of etcd is tried first, and when it is used at once. */
import type { V1Job, V1Pod, V1PodTemplateSpec } from '@kubernetes/client-node';
import test from 'ava';
import { holdOf } from '../../src/etcd/hold.ts';
import { etcdNames, shapeAnnotation, templateAnnotation } from '../../src/etcd/names.ts';
import { trialJob } from '../../src/etcd/trial.ts';
import { kvstoreWith } from './samples.ts';

const kvstore = kvstoreWith();
const names = etcdNames(kvstore);
const now = new Date('2026-11-29T12:00:00Z');
const template = (image: string): V1PodTemplateSpec => ({
  metadata: { annotations: { [templateAnnotation]: image, [shapeAnnotation]: image } },
  spec: { containers: [{ name: 'etcd', image }] },
});

function pod(
  state: object | undefined,
  { image = 'etcd:old', restartCount = 0, conditions = [] as object[] } = {},
): V1Pod {
  const status = { name: 'etcd', image, imageID: '', ready: false, restartCount, state };
  return {
    metadata: { name: 'shop-etcd-0', uid: 'p' },
    spec: { nodeName: 'a', containers: [{ name: 'etcd', image }] },
    status: { phase: 'Pending', conditions, ...(state === undefined ? {} : { containerStatuses: [status] }) },
  } as V1Pod;
}

function holdWith(pods: readonly V1Pod[], jobs: readonly V1Job[] = []) {
  return holdOf(names, {
    ...{ kvstore, present: template('etcd:old'), fresh: template('etcd:new'), image: 'etcd:new' },
    objects: { pods, claims: [], secrets: [], trials: { jobs, pods: [] } },
    tools: { now: () => now, mayUpgrade: () => true },
  })?.reason;
}

const waiting = (reason: string) => ({ waiting: { reason } });
const unschedulable = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'cordoned' }];

test('an image is tried first while members run or are about to, as after a drain', (t) => {
  const cases: readonly (readonly [title: string, V1Pod[]])[] = [
    ['it runs', [pod({ running: {} })]],
    ['its container is being made', [pod(waiting('ContainerCreating'))]],
    ['it has just been made', [pod(undefined)]],
    ['it is between two pods', []],
    ['its node is cordoned', [pod(undefined, { conditions: unschedulable })]],
    ['it has crashed once', [pod(waiting('CrashLoopBackOff'), { restartCount: 1 })]],
  ];
  for (const [title, pods] of cases) t.is(holdWith(pods), 'EtcdTryingImage', title);
});

test('an image is used at once where no member can run, unless it is known to be no better', (t) => {
  const broken = [
    pod(waiting('ImagePullBackOff')),
    pod(waiting('InvalidImageName')),
    pod(waiting('CrashLoopBackOff'), { restartCount: 5 }),
  ];
  for (const each of broken) t.is(holdWith([each]), undefined);
  const job = trialJob(names, kvstore, { image: 'etcd:new', node: 'a' });
  const failed = {
    ...job,
    status: { conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] },
  };
  t.is(holdWith(broken.slice(0, 1), [failed]), 'EtcdImageUnusable');
  const unscheduled = pod(undefined);
  delete unscheduled.spec?.nodeName;
  for (const pods of [[], [unscheduled]]) t.is(holdWith(pods, [failed]), 'EtcdImageUnusable', 'between two pods');
});

test('an image that a member runs already is not tried', (t) => {
  t.is(holdWith([pod({ running: {} }, { image: 'etcd:new' })]), undefined);
});
