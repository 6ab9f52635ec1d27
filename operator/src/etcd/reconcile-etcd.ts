/** One KvStore's etcd: its certificates, then its members. */
import { tlsPath } from './build/member-config.ts';
import { tlsVolume } from './build/pod-template.ts';
import type { EtcdObjects, MemberTools, ReconcileEtcd } from './contract.ts';
import { initialState } from './initial-state.ts';
import { etcdNames } from './names.ts';
import { PlainEtcdError } from './plain-etcd-error.ts';
import { bytesOf } from './quantity.ts';
import { reconcileMembers } from './reconcile-members.ts';
import { readState } from './state.ts';
import { presentTls, withMissing } from './tls/present-tls.ts';
import { reconcileTls } from './tls/reconcile-tls.ts';

export const reconcileEtcd: ReconcileEtcd = async (kvstore, objects, tools, defaults) => {
  const { etcd } = kvstore.spec;
  if (etcd === undefined) throw new Error('the KvStore has no etcd of its own');
  if (isPlain(objects)) throw new PlainEtcdError(kvstore.metadata.name);
  const names = etcdNames(kvstore);
  const state = readState(objects.configMap) ?? initialState(names, objects, bytesOf(etcd.storage.size));
  const present = tools.isReadOnly ? presentTls(names, objects, tools.now()) : undefined;
  const { identity, trustHash, expiry } = present ?? (await reconcileTls(names, state, objects, tools, defaults));
  const secured: MemberTools = { ...tools, member: (podName) => tools.member(podName, identity) };
  const outcome = await reconcileMembers({ kvstore, etcd, defaults, trustHash, tools: secured }, objects);
  return { ...withMissing(outcome, present?.missing ?? []), certificateExpiry: expiry };
};

/** An etcd that was made before its members spoke TLS. */
function isPlain({ statefulSet, configMap }: EtcdObjects): boolean {
  const volumes = statefulSet?.spec?.template.spec?.volumes;
  if (statefulSet === undefined || volumes?.some(({ name }) => name === tlsVolume)) return false;
  return !Object.values(configMap?.data ?? {}).some((config) => config.includes(tlsPath));
}
