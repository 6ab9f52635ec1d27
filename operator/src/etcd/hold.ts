/** Why members are kept on the pod template that they have although another one is wanted. */
import type { V1Pod, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { troubleOf } from '../trouble/pod-trouble.ts';
import type { EtcdObjects, EtcdTools } from './contract.ts';
import { type EtcdNames, shapeAnnotation, templateAnnotation } from './names.ts';
import { lastingTrouble } from './observe.ts';
import type { Hold } from './plan/situation.ts';
import { isAboutImage, type Trial, type TrialSeen, trialName, trialsSeen, triedOn } from './trial.ts';

export interface Held {
  readonly kvstore: KvStore;
  /** The StatefulSet's. */
  readonly present: V1PodTemplateSpec;
  readonly fresh: V1PodTemplateSpec;
  /** Of the fresh one. */
  readonly image: string;
  readonly objects: EtcdObjects;
  readonly tools: Pick<EtcdTools, 'now' | 'mayUpgrade'>;
}

/**
 * The StatefulSet gets the new template only when nothing speaks against it any more: a pod that is made meanwhile, on
 * another node say, is then one that works. Undefined: it gets it now.
 */
export function holdOf(names: EtcdNames, held: Held): Hold | undefined {
  const { kvstore, present, fresh, objects, tools } = held;
  if (annotationOf(present, templateAnnotation) === annotationOf(fresh, templateAnnotation)) return undefined;
  const trial = trialOf(names, held);
  const jobName = trial === undefined ? undefined : trialName(names, kvstore, trial);
  const seen = trialsSeen(objects.trials, tools.now()).find(({ name }) => name === jobName);
  // An image is tried only when it is the etcd's turn, or at the KvStore's own wish: that is not asked again.
  return (seen === undefined ? holdForTurn(held) : undefined) ?? (trial && holdForTrial(trial, seen));
}

/** Authorities and larger volumes change each etcd at a time of its own; the rest is a new version of the operator. */
function holdForTurn({ present, fresh, tools }: Held): Hold | undefined {
  if (annotationOf(present, shapeAnnotation) === annotationOf(fresh, shapeAnnotation)) return undefined;
  if (tools.mayUpgrade()) return undefined;
  const message = 'all members are ready; a new version of the operator restarts them when it is their turn';
  return { reason: 'EtcdReady', message, settled: true };
}

/** An image that no member runs. */
function trialOf(names: EtcdNames, { kvstore, present, image, objects, tools }: Held): Trial | undefined {
  if (present.spec?.containers[0]?.image === image) return undefined;
  const running = objects.pods.filter(({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined);
  if (running.some(({ spec }) => spec?.containers[0]?.image === image)) return undefined;
  const candidates = running.length > 0 ? running : objects.pods;
  const last = candidates.toSorted((a, b) => ordinalOf(names, a) - ordinalOf(names, b)).at(-1);
  // Between two pods no node is known: the trial that there was still counts.
  const node = last?.spec?.nodeName ?? triedOn(objects.trials.jobs, image);
  const trial = { image, ...(node === undefined ? {} : { node }) };
  if (running.length > 0 || objects.pods.length === 0) return trial;
  // A pod that starts, after a drain say, will run. With members that cannot there is nothing to lose by another image.
  const isBroken = objects.pods.every((pod) => isHopeless(pod, tools.now()));
  const known = trialsSeen(objects.trials, tools.now()).find(({ name }) => name === trialName(names, kvstore, trial));
  return isBroken && known?.verdict !== 'failed' ? undefined : trial;
}

/** Its image, or what runs in it, is the reason that it does not run. */
function isHopeless(pod: V1Pod, now: Date): boolean {
  const trouble = troubleOf(pod, now);
  return trouble !== undefined && lastingTrouble(pod, now) !== undefined && isAboutImage(pod, trouble);
}

/** An image that cannot be pulled or does not run stops no member. */
function holdForTrial(trial: Trial, seen: TrialSeen | undefined): Hold | undefined {
  if (seen?.verdict === 'passed') return undefined;
  if (seen?.verdict === 'failed') {
    const message = `${trial.image} cannot be used, members stay as they are: ${seen.message}`;
    return { trial, reason: 'EtcdImageUnusable', message, degraded: true };
  }
  const why = seen === undefined || seen.message === '' ? '' : `: ${seen.message}`;
  const message = `${trial.image} is tried before a member restarts with it${why}`;
  const step = { reason: 'EtcdTryingImage', message };
  // One that gave no verdict is not wanted any more: it goes, and the next look makes another.
  return seen?.verdict === 'expired' ? step : { ...step, trial };
}

/** The template as it is. What somebody else added to it is left to them. */
export function kept({ labels }: EtcdNames, { metadata, spec }: V1PodTemplateSpec): V1PodTemplateSpec {
  const own = Object.entries(metadata?.annotations ?? {}).filter(
    ([key]) => [templateAnnotation, shapeAnnotation].includes(key) || key.startsWith('prometheus.io/'),
  );
  return { metadata: { labels, annotations: Object.fromEntries(own) }, ...(spec === undefined ? {} : { spec }) };
}

function annotationOf({ metadata }: V1PodTemplateSpec, annotation: string): string | undefined {
  return metadata?.annotations?.[annotation];
}

function ordinalOf(names: EtcdNames, { metadata }: EtcdObjects['pods'][number]): number {
  return names.ordinal(metadata?.name ?? '') ?? -1;
}
