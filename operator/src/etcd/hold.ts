/** Why members are kept on the pod template that they have although another one is wanted. */
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { EtcdObjects, EtcdTools } from './contract.ts';
import { type EtcdNames, templateAnnotation } from './names.ts';
import type { Step } from './plan/situation.ts';
import { type Trial, trialName, trialsSeen } from './trial.ts';

export interface Hold extends Step {
  /** The image that is tried meanwhile. */
  readonly trial?: Trial;
}

export interface Held {
  /** The StatefulSet's. */
  readonly present: V1PodTemplateSpec;
  readonly fresh: V1PodTemplateSpec;
  /** Of the fresh one. */
  readonly image: string;
  readonly objects: EtcdObjects;
  readonly tools: Pick<EtcdTools, 'now'>;
}

/**
 * The StatefulSet gets the new template only when nothing speaks against it any more: a pod that is made meanwhile, on
 * another node say, is then one that works. Undefined: it gets it now.
 */
export function holdOf(names: EtcdNames, held: Held): Hold | undefined {
  const { present, fresh } = held;
  if (hashOf(present) === hashOf(fresh)) return undefined;
  return holdForTrial(names, held);
}

/** An image that cannot be pulled or does not run stops no member. With none that runs there is nothing to lose. */
function holdForTrial(names: EtcdNames, { present, image, objects, tools }: Held): Hold | undefined {
  if (present.spec?.containers[0]?.image === image) return undefined;
  const running = objects.pods.filter(({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined);
  const last = running.toSorted((a, b) => ordinalOf(names, a) - ordinalOf(names, b)).at(-1);
  if (last === undefined || running.some(({ spec }) => spec?.containers[0]?.image === image)) return undefined;
  const node = last.spec?.nodeName;
  const trial: Trial = { image, ...(node === undefined ? {} : { node }) };
  const seen = trialsSeen(objects.trials, tools.now()).find(({ name }) => name === trialName(names, trial));
  if (seen?.verdict === 'passed') return undefined;
  if (seen?.verdict === 'failed') {
    const message = `${image} cannot be used, members stay as they are: ${seen.message}`;
    return { trial, reason: 'EtcdImageUnusable', message, degraded: true };
  }
  return { trial, reason: 'EtcdTryingImage', message: `${image} is tried before a member restarts with it` };
}

/** The template as it is. What somebody else added to it is left to them. */
export function kept({ labels }: EtcdNames, { metadata, spec }: V1PodTemplateSpec): V1PodTemplateSpec {
  const own = Object.entries(metadata?.annotations ?? {}).filter(
    ([key]) => key === templateAnnotation || key.startsWith('prometheus.io/'),
  );
  return { metadata: { labels, annotations: Object.fromEntries(own) }, ...(spec === undefined ? {} : { spec }) };
}

function hashOf({ metadata }: V1PodTemplateSpec): string | undefined {
  return metadata?.annotations?.[templateAnnotation];
}

function ordinalOf(names: EtcdNames, { metadata }: EtcdObjects['pods'][number]): number {
  return names.ordinal(metadata?.name ?? '') ?? -1;
}
