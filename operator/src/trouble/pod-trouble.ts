/** What keeps a pod from starting or from becoming ready, by its status. A pure function. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

export interface PodTrouble {
  /** Such as `pod shop-1`. */
  readonly subject: string;
  /** CamelCase, as Kubernetes has it: ImagePullBackOff, Unschedulable, CrashLoopBackOff … */
  readonly reason: string;
  /** Names the pod, says why, how it ended before, and what to do. */
  readonly message: string;
  /** True: the kubelet or the scheduler has said why. False: the pod is slow, and only its Events may say why. */
  readonly isExplained: boolean;
}

/** What to do, by reason. */
const advice: Readonly<Record<string, string>> = {
  ImagePullBackOff: 'correct the image, or let the node pull it',
  ErrImagePull: 'correct the image, or let the node pull it',
  ErrImageNeverPull: 'load the image into the node, or change imagePullPolicy',
  InvalidImageName: 'correct the image',
  CreateContainerConfigError: 'make the Secret or ConfigMap that it names, or correct the name',
  CreateContainerError: 'see kubectl describe pod',
  CrashLoopBackOff: 'see kubectl logs --previous',
  Unschedulable: 'add nodes or room on them, or correct resources, nodeSelector, affinity or the volume claim',
  FailedMount: 'make the Secret, ConfigMap or claim that it names, or correct the name',
  FailedAttachVolume: 'see the volume and the node that had it before',
  ContainerCreating: 'see kubectl describe pod',
  NotReady: 'see kubectl logs',
  FailedCreate: 'see quotas and admission policies of the namespace',
  Terminating: 'see the node it runs on; a pod of a lost node stays until the node or the pod is deleted by force',
};

/** Waiting reasons of a container that is only on its way. */
const onItsWay: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** Milliseconds beyond its grace period that a pod may take to end. */
const endingMs = 60_000;

/** Undefined: it runs and is ready, or has ended well. */
export function troubleOf(pod: V1Pod, now: Date): PodTrouble | undefined {
  const { metadata, status } = pod;
  const name = `pod ${metadata?.name}`;
  if (metadata?.deletionTimestamp !== undefined) {
    // The time of deletion includes the grace period.
    const over = now.getTime() - new Date(metadata.deletionTimestamp).getTime();
    return over > endingMs ? trouble(name, 'Terminating', 'should have ended long ago', true) : undefined;
  }
  if (status?.phase === 'Succeeded') return undefined;
  if (status?.phase === 'Failed') return trouble(name, status.reason ?? 'Failed', failureOf(pod), true);
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    return trouble(name, scheduled.reason ?? 'Unschedulable', scheduled.message ?? '', true);
  }
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting } = container.state ?? {};
    if (waiting?.reason === undefined || onItsWay.has(waiting.reason)) continue;
    const message = [waiting.message ?? '', lastEnd(container)].filter((text) => text !== '').join('; ');
    return trouble(name, waiting.reason, message, true);
  }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  const containers = status?.containerStatuses ?? [];
  const ends = containers.map(lastEnd).filter((text) => text !== '');
  // Between two crashes it runs for a moment, or has just ended: still the same trouble.
  if (containers.some(({ state, restartCount }) => state?.terminated !== undefined || restartCount > 0)) {
    return trouble(name, 'CrashLoopBackOff', ['is not ready', ...ends].join('; '), false);
  }
  return containers.some(({ state }) => state?.running !== undefined)
    ? trouble(name, 'NotReady', 'runs but is not ready', false)
    : trouble(name, 'ContainerCreating', 'its containers are not made yet', false);
}

/** A controller that has not made the pods it should: a quota, or a policy, forbids them. */
export function missingPods(kind: string, name: string): PodTrouble {
  return trouble(`${kind} ${name}`, 'PodsMissing', 'its pods are not made', false);
}

/** The same trouble with the reason that an Event gives. */
export function explained({ subject }: Pick<PodTrouble, 'subject'>, reason: string, note: string): PodTrouble {
  return trouble(subject, reason, note, true);
}

/** Why the containers of a pod that failed ended. */
export function failureOf({ status }: V1Pod): string {
  const ends = (status?.containerStatuses ?? []).map(({ name, state }) => endOf(name, state?.terminated));
  const texts = [status?.message ?? '', ...ends].filter((text) => text !== '');
  return texts.join('; ') || 'it failed and does not say why';
}

function lastEnd({ name, lastState }: V1ContainerStatus): string {
  const end = endOf(name, lastState?.terminated);
  return end === '' ? '' : `last state: ${end}`;
}

interface End {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
}

function endOf(container: string, end: End | undefined): string {
  if (end === undefined) return '';
  const reason = end.reason === undefined || end.reason === 'Error' ? '' : ` (${end.reason})`;
  const text = end.message?.trim().split('\n').slice(-3).join(' ').slice(0, 500) ?? '';
  return `container ${container} ended with exit code ${end.exitCode}${reason}${text === '' ? '' : `: ${text}`}`;
}

function trouble(subject: string, reason: string, why: string, isExplained: boolean): PodTrouble {
  const todo = advice[reason];
  const message = `${subject}: ${reason}${why === '' ? '' : `: ${why}`}${todo === undefined ? '' : ` (${todo})`}`;
  return { subject, reason, message, isExplained };
}
