/** One KvStore's etcd: observe, plan, apply, act, report. */
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { EtcdSpec, KvStore } from '../kvstore.ts';
import { wantedAccess } from './access/wanted.ts';
import { act } from './act.ts';
import { etcdConfigMap } from './build/config-map.ts';
import { etcdDisruptionBudget } from './build/disruption-budget.ts';
import { etcdHeadlessService } from './build/headless-service.ts';
import { tlsPath } from './build/member-config.ts';
import { etcdNetworkPolicy } from './build/network-policy.ts';
import { etcdPodTemplate, tlsVolume } from './build/pod-template.ts';
import { etcdStatefulSet } from './build/stateful-set.ts';
import type { EtcdDefaults, EtcdObjects, EtcdTools, MemberTools, ReconcileEtcd } from './contract.ts';
import { chooseImage } from './image-version.ts';
import { initialState } from './initial-state.ts';
import { etcdNames, templateAnnotation } from './names.ts';
import { observe } from './observe.ts';
import { outcomeOf } from './outcome.ts';
import { PlainEtcdError } from './plain-etcd-error.ts';
import { plan } from './plan/plan.ts';
import { bytesOf } from './quantity.ts';
import { type EtcdState, readState } from './state.ts';
import { reconcileTls } from './tls/reconcile-tls.ts';

export const reconcileEtcd: ReconcileEtcd = async (kvstore, objects, tools, defaults) => {
  const { etcd } = kvstore.spec;
  if (etcd === undefined) throw new Error('the KvStore has no etcd of its own');
  if (isPlain(objects)) throw new PlainEtcdError(kvstore.metadata.name);
  const names = etcdNames(kvstore);
  const volumeBytes = bytesOf(etcd.storage.size);
  const state = readState(objects.configMap) ?? initialState(names, objects, volumeBytes);
  const { image, refused } = imageFor(etcd, objects, state, defaults);
  const { identity, trustHash, expiry } = await reconcileTls(names, state, objects, tools, defaults);
  const secured: MemberTools = { ...tools, member: (podName) => tools.member(podName, identity) };
  const templateFor = (of: EtcdState) => etcdPodTemplate(names, kvstore, of, image, trustHash);
  const wanted = {
    members: etcd.members,
    volumeSize: etcd.storage.size,
    volumeBytes,
    access: wantedAccess(names),
    template: hashOf(templateFor(state)),
    ...(refused === undefined ? {} : { imageRefused: refused }),
  };

  const observation = await observe(names, objects, secured);
  const step = plan({ names, wanted, state, observation });
  const next = step.state ?? state;
  await applyObjects(kvstore, etcd, objects, next, templateFor(next), tools);
  const hindrance = step.action === undefined ? undefined : await act(step.action, names, secured);
  const outcome = outcomeOf(etcd.members, observation, step, hindrance);
  // What could not be done yet is tried again every moment: the condition tells of it.
  const told = hindrance === undefined || outcome.degraded;
  if (step.action !== undefined && told) announce(tools, outcome.degraded, step.reason, outcome.message);
  return { ...outcome, certificateExpiry: expiry };
};

/** An etcd that was made before its members spoke TLS. */
function isPlain({ statefulSet, configMap }: EtcdObjects): boolean {
  const volumes = statefulSet?.spec?.template.spec?.volumes;
  if (statefulSet === undefined || volumes?.some(({ name }) => name === tlsVolume)) return false;
  return !Object.values(configMap?.data ?? {}).some((config) => config.includes(tlsPath));
}

/** The configuration before the pods that read it. */
async function applyObjects(
  kvstore: KvStore,
  etcd: EtcdSpec,
  objects: EtcdObjects,
  state: EtcdState,
  template: V1PodTemplateSpec,
  tools: EtcdTools,
): Promise<void> {
  const names = etcdNames(kvstore);
  const { name: instance, uid } = kvstore.metadata;
  const budget = etcdDisruptionBudget(names, etcd.members);
  await tools.apply(etcdHeadlessService(names));
  await tools.apply(etcdNetworkPolicy(names, instance));
  if (budget !== undefined) await tools.apply(budget);
  await tools.apply(etcdConfigMap(names, state, uid, objects.configMap?.metadata?.resourceVersion));
  await tools.apply(etcdStatefulSet(names, etcd, state, template, objects.statefulSet));
}

function imageFor(
  etcd: EtcdSpec,
  { statefulSet }: EtcdObjects,
  state: EtcdState,
  defaults: EtcdDefaults,
): ReturnType<typeof chooseImage> {
  const current = statefulSet?.spec?.template.spec?.containers[0]?.image;
  return chooseImage(etcd.image ?? defaults.image, current ?? defaults.image, state.version);
}

function hashOf(template: V1PodTemplateSpec): string {
  return template.metadata?.annotations?.[templateAnnotation] ?? '';
}

function announce(tools: EtcdTools, degraded: boolean, reason: string, message: string): void {
  tools.event(degraded ? 'Warning' : 'Normal', reason, message);
}
