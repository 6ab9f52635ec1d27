/** The members of one KvStore's etcd: observe, plan, apply, act. Certificates are there. */
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { EtcdSpec, KvStore } from '../kvstore.ts';
import { wantedAccess } from './access/wanted.ts';
import { act } from './act.ts';
import { etcdConfigMap } from './build/config-map.ts';
import { etcdDisruptionBudget } from './build/disruption-budget.ts';
import { etcdHeadlessService } from './build/headless-service.ts';
import { ofKvStore } from './build/member-config.ts';
import { etcdNetworkPolicy } from './build/network-policy.ts';
import { etcdPodTemplate } from './build/pod-template.ts';
import { etcdStatefulSet } from './build/stateful-set.ts';
import type { EtcdDefaults, EtcdObjects, EtcdOutcome, MemberTools } from './contract.ts';
import { holdOf, kept } from './hold.ts';
import { chooseImage } from './image-version.ts';
import { initialState } from './initial-state.ts';
import { type EtcdNames, etcdNames, restartedAnnotation, templateAnnotation } from './names.ts';
import { type Observation, observe } from './observe.ts';
import { outcomeOf } from './outcome.ts';
import { plan } from './plan/plan.ts';
import { refusable } from './plan/refusals.ts';
import type { Step } from './plan/situation.ts';
import { bytesOf } from './quantity.ts';
import { type EtcdState, readState } from './state.ts';
import { type Trial, trialJob } from './trial.ts';

export interface MembersOptions {
  readonly kvstore: KvStore;
  readonly etcd: EtcdSpec;
  readonly defaults: Pick<EtcdDefaults, 'image' | 'reach'>;
  /** Of the authorities that members trust. */
  readonly trustHash: string;
  readonly tools: MemberTools;
}

interface Decision {
  readonly objects: EtcdObjects;
  readonly observation: Observation;
  readonly step: Step;
  /** From now on. */
  readonly state: EtcdState;
  readonly template: V1PodTemplateSpec;
  /** The image that is tried meanwhile. */
  readonly trial?: Trial;
  /** Whether the step changes anything but the shape of objects. */
  readonly changes: boolean;
}

/**
 * Caches may be late, and each kind of object on its own: they only show that something is to be done. What that is gets
 * decided a second time, from objects that were just read.
 * @param cached what the caches show
 */
export async function reconcileMembers(options: MembersOptions, cached: EtcdObjects): Promise<EtcdOutcome> {
  const { kvstore, etcd, tools } = options;
  const names = etcdNames(kvstore);
  const first = await decide(options, names, cached);
  const decision = first.changes ? await decide(options, names, await tools.read()) : first;
  const { observation, step } = decision;
  await applyObjects(options, names, decision);
  const hindrance = step.action === undefined ? undefined : await act(step.action, names, tools);
  if (hindrance !== undefined) await recordRefusal(options, names, decision);
  const outcome = outcomeOf(etcd.members, observation, step, hindrance);
  // What could not be done yet is tried again every moment: the condition shows it.
  const isTold = hindrance === undefined || outcome.degraded;
  if (step.action !== undefined && isTold) {
    tools.event(outcome.degraded ? 'Warning' : 'Normal', outcome.reason, outcome.message);
  }
  return outcome;
}

async function decide(
  { kvstore, etcd, defaults, trustHash, tools }: MembersOptions,
  names: EtcdNames,
  objects: EtcdObjects,
): Promise<Decision> {
  const volumeBytes = bytesOf(etcd.storage.size);
  const recorded = readState(objects.configMap);
  const state = recorded ?? initialState(names, objects, volumeBytes);
  const current = objects.statefulSet?.spec?.template.spec?.containers[0]?.image ?? defaults.image;
  const { image, refused } = chooseImage(etcd.image ?? defaults.image, current, state.version);
  const templateFor = (of: EtcdState) => etcdPodTemplate(names, kvstore, of, image, trustHash);
  const present = objects.statefulSet?.spec?.template;
  const fresh = templateFor(state);
  const hold = present === undefined ? undefined : holdOf(names, { kvstore, present, fresh, image, objects, tools });
  const template = hold === undefined || present === undefined ? fresh : kept(names, present);
  const restartedAt = present?.metadata?.annotations?.[restartedAnnotation];
  const wanted = {
    members: etcd.members,
    volumeSize: etcd.storage.size,
    volumeBytes,
    access: wantedAccess(names),
    template: template.metadata?.annotations?.[templateAnnotation] ?? '',
    ...(hold === undefined ? {} : { hold }),
    ...(restartedAt === undefined ? {} : { restartedAt }),
    ...(refused === undefined ? {} : { imageRefused: refused }),
  };
  const observation = await observe(names, objects, tools);
  const step = plan({ names, wanted, state, observation, now: tools.now() });
  return {
    objects,
    observation,
    step,
    state: step.state ?? state,
    template: step.state === undefined || hold !== undefined ? template : templateFor(step.state),
    ...(hold?.trial === undefined ? {} : { trial: hold.trial }),
    changes: recorded === undefined || step.state !== undefined || step.action !== undefined,
  };
}

/** The configuration before the pods that read it. */
async function applyObjects(
  { kvstore, etcd, defaults, tools }: MembersOptions,
  names: EtcdNames,
  { objects, state, template, trial }: Decision,
): Promise<void> {
  const budget = etcdDisruptionBudget(names, etcd.members);
  await tools.apply(etcdHeadlessService(names));
  await tools.apply(etcdNetworkPolicy(names, kvstore.metadata.name, defaults.reach ?? { monitoringNamespaces: [] }));
  if (budget !== undefined) await tools.apply(budget);
  await tools.apply(etcdConfigMap(names, state, ofKvStore(kvstore), objects.configMap?.metadata?.resourceVersion));
  if (trial !== undefined) await tools.apply(trialJob(names, kvstore, trial));
  await tools.apply(
    etcdStatefulSet(names, etcd, state, template, objects.statefulSet, nudgeFor(names, objects, tools.now())),
  );
}

/**
 * The controller of a StatefulSet backs off for up to a quarter of an hour when pods of a deleted StatefulSet of the same
 * name end too slowly, and is not told when they are gone. Any change makes it look at once.
 */
function nudgeFor(names: EtcdNames, { statefulSet, pods }: EtcdObjects, now: Date): string | undefined {
  const replicas = statefulSet?.spec?.replicas ?? 0;
  const present = new Set(pods.map(({ metadata }) => names.ordinal(metadata?.name ?? '')));
  const isMissing = Array.from({ length: replicas }, (_, ordinal) => ordinal).some((ordinal) => !present.has(ordinal));
  return isMissing ? String(Math.floor(now.getTime() / nudgeMs)) : undefined;
}

const nudgeMs = 15_000;

/** Since when all members refuse a change, for plan/refusals.ts. */
async function recordRefusal(
  { kvstore, tools }: MembersOptions,
  names: EtcdNames,
  { objects, step, state }: Decision,
): Promise<void> {
  const what = refusable(step.action);
  // With a new state the ConfigMap has another version by now: the next refusal is recorded.
  if (what === undefined || state.refused?.what === what || step.state !== undefined) return;
  const refused = { what, since: tools.now().toISOString(), restarted: [] };
  const version = objects.configMap?.metadata?.resourceVersion;
  await tools.apply(etcdConfigMap(names, { ...state, refused }, ofKvStore(kvstore), version));
}
