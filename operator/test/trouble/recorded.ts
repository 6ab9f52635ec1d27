/** Statuses of pods as Kubernetes 1.36 gives them, less what is not looked at. */
import type { V1ContainerStatus, V1Pod, V1PodCondition } from '@kubernetes/client-node';

export interface PodOptions {
  readonly name?: string;
  readonly component?: string;
  readonly container?: Partial<V1ContainerStatus>;
  readonly conditions?: readonly Partial<V1PodCondition>[];
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly deletionTimestamp?: string;
  readonly job?: string;
}

export function pod(options: PodOptions = {}): V1Pod {
  const { name = 'shop-1', component = 'service', container, conditions = [], phase = 'Pending', job } = options;
  const { reason, message, deletionTimestamp } = options;
  const containerStatus = { name: component, image: 'i', imageID: '', ready: false, restartCount: 0, ...container };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace: 'web', uid: `uid-${name}`, resourceVersion: '1' },
      labels: {
        'app.kubernetes.io/name': 'kvstore',
        'app.kubernetes.io/instance': 'shop',
        'app.kubernetes.io/component': component,
        ...(job === undefined ? {} : { 'batch.kubernetes.io/job-name': job }),
      },
      creationTimestamp: '2026-01-01T11:00:00Z' as unknown as Date,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp: deletionTimestamp as unknown as Date }),
    },
    status: {
      phase,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      conditions: conditions as V1PodCondition[],
      ...(container === undefined ? {} : { containerStatuses: [containerStatus] }),
    },
  };
}

const scheduled = { type: 'PodScheduled', status: 'True' };
const notReady = { type: 'Ready', status: 'False', reason: 'ContainersNotReady' };
const waiting = (reason: string, message?: string) => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
});

export const recorded = {
  running: pod({
    phase: 'Running',
    conditions: [scheduled, { type: 'Ready', status: 'True' }],
    container: { ready: true, state: { running: {} } },
  }),
  badImage: pod({
    conditions: [scheduled, notReady],
    container: {
      state: waiting('ImagePullBackOff', 'Back-off pulling image "kvstore/service:nope": ErrImagePull: not found'),
    },
  }),
  noImageName: pod({
    conditions: [scheduled, notReady],
    container: {
      state: waiting(
        'InvalidImageName',
        'Failed to apply default image tag "not an image!": couldn\'t parse image name',
      ),
    },
  }),
  unschedulable: pod({
    conditions: [
      {
        ...{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' },
        message: '0/1 nodes are available: persistentvolumeclaim "backups" not found. not found',
      },
    ],
  }),
  noConfig: pod({
    conditions: [scheduled, notReady],
    container: { state: waiting('CreateContainerConfigError', 'secret "creds" not found') },
  }),
  crashing: pod({
    phase: 'Running',
    conditions: [scheduled, notReady],
    container: {
      restartCount: 4,
      state: waiting('CrashLoopBackOff', 'back-off 1m20s restarting failed container=service pod=shop-1_web(uid)'),
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    },
  }),
  mounting: pod({ conditions: [scheduled, notReady], container: { state: waiting('ContainerCreating') } }),
  running1: pod({
    phase: 'Running',
    conditions: [scheduled, notReady],
    container: { state: { running: {} }, lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
  }),
  evicted: pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
} as const satisfies Record<string, V1Pod>;
