/** What a KvStore refers to by name in its namespace, and what it must not refer to. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { isOfKvStore } from '../apply/ownership.ts';
import { labelKeys } from '../desired/labels.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { metadataOnly } from './secret-versions.ts';

export interface Reference {
  /** Such as spec.auth.tokensSecretName. */
  readonly field: string;
  readonly name: string;
}

/** A KvStore refers to what the operator made for an etcd: certificates, keys or a member's volume. */
export class RefusedReferenceError extends Error {
  override readonly name = 'RefusedReferenceError';
  readonly field: string;

  constructor({ field, name }: Reference, what: string) {
    super(`${field}: ${name} is ${what}, and no KvStore may refer to it; name another one`);
    this.field = field;
  }
}

export function secretReferences({ spec }: KvStore): Reference[] {
  const { ingress, externalEtcd, backup, restoreFrom, auth, tls, env = [] } = spec;
  const named: readonly (readonly [field: string, name: string | undefined])[] = [
    ['spec.ingress.tls.secretName', ingress.tls?.secretName],
    ['spec.externalEtcd.tlsSecretName', externalEtcd?.tlsSecretName],
    ['spec.externalEtcd.credentialsSecretName', externalEtcd?.credentialsSecretName],
    ['spec.backup.tokenSecretName', backup?.tokenSecretName],
    ['spec.restoreFrom.tokenSecretName', restoreFrom?.tokenSecretName],
    ['spec.auth.tokensSecretName', auth?.tokensSecretName],
    ['spec.tls.secretName', tls?.secretName],
    ...env.map(
      ({ name, valueFrom }) =>
        [`spec.env[${name}].valueFrom.secretKeyRef.name`, valueFrom?.secretKeyRef?.name] as const,
    ),
  ];
  return present(named);
}

export function claimReferences({ spec: { backup, restoreFrom } }: KvStore): Reference[] {
  return present([
    ['spec.backup.volumeClaim', backup?.volumeClaim],
    ['spec.restoreFrom.volumeClaim', restoreFrom?.volumeClaim],
  ]);
}

function present(named: readonly (readonly [field: string, name: string | undefined])[]): Reference[] {
  return named.flatMap(([field, name]) => (name === undefined || name === '' ? [] : [{ field, name }]));
}

/** The names of the Secrets and the claims of every etcd that the operator runs, with the name of its KvStore. */
const ownSecret = /^(?<store>.+)-etcd-(?:ca|member-tls|client-tls|operator-tls)$/;
const ownClaim = /^data-(?<store>.+)-etcd-\d+$/;

/**
 * The schema refuses these names in a new KvStore. One that was made before may have a Secret of its own under such a
 * name, so here the Secret and the claim themselves decide, or a KvStore whose etcd takes the name.
 * @throws RefusedReferenceError for the first reference that is refused
 */
export async function refuseReferences(
  kvstore: KvStore,
  { caches, client }: { readonly caches: Caches; readonly client: KubeClient },
): Promise<void> {
  const { namespace } = kvstore.metadata;
  const hasEtcd = (store: string | undefined): boolean =>
    store !== undefined && caches.kvStores.get(namespace, store)?.spec.etcd !== undefined;
  for (const reference of claimReferences(kvstore)) {
    const claim = caches.claims.get(namespace, reference.name);
    const isMembers = claim?.metadata?.labels?.[labelKeys.component] === 'etcd';
    if (isMembers || hasEtcd(ownClaim.exec(reference.name)?.groups?.store)) {
      throw new RefusedReferenceError(reference, 'the volume of a member of etcd');
    }
  }
  for (const reference of secretReferences(kvstore)) {
    const own = ownSecret.exec(reference.name);
    if (own === null) continue;
    const path = pathOf(resources.secrets, namespace, reference.name);
    const find = () => client.find<KubernetesObject>(path, { accept: metadataOnly });
    const isOurs = hasEtcd(own.groups?.store) || ((await find())?.metadata?.ownerReferences ?? []).some(isOfKvStore);
    if (isOurs) throw new RefusedReferenceError(reference, "one of the operator's own Secrets");
  }
}
