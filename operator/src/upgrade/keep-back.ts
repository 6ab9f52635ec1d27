/** The Deployment while its KvStore waits for its turn: everything as wanted, but made from what it is made from now. */
import { createHash } from 'node:crypto';
import type { KubernetesObject, V1Deployment, V1PodTemplateSpec } from '@kubernetes/client-node';
import { isSubset } from '../apply/subset.ts';
import { secretVersionsAnnotation } from '../desired/deployment.ts';

/** On the Deployment: a digest of the pod template as the operator wants it. The server writes values in forms of its own. */
export const templateAnnotation = 'kvstore.dev/service-template';

/**
 * @param wanted any object; those that are no Deployment are returned as they are
 * @param live the Deployment as the cache shows it
 * @param mayChange whether pods may be made anew now; asked only when they would be
 */
export function keepBack(
  wanted: KubernetesObject,
  live: V1Deployment | undefined,
  mayChange: () => boolean,
): KubernetesObject {
  if (wanted.kind !== 'Deployment') return wanted;
  const deployment = wanted as V1Deployment & KubernetesObject;
  const template = deployment.spec?.template;
  if (template === undefined) return wanted;
  const digest = digestOf(template);
  const marked = withDigest(deployment, digest);
  const present = live?.spec?.template;
  if (live === undefined || present === undefined) return marked;
  const known = live.metadata?.annotations?.[templateAnnotation];
  // One that an operator made which left no digest.
  const isSame = known === undefined ? isSubset(withoutVersions(template), present) : known === digest;
  if (isSame || mayChange()) return marked;
  const kept: V1PodTemplateSpec = { metadata: keptMetadata(template, present), ...pick(present) };
  const held = { ...deployment, spec: { ...deployment.spec, template: kept } } as V1Deployment & KubernetesObject;
  return known === undefined ? held : withDigest(held, known);
}

/** Contents of Secrets change for reasons of their own. */
function withoutVersions({ metadata, ...rest }: V1PodTemplateSpec): V1PodTemplateSpec {
  const { [secretVersionsAnnotation]: _, ...annotations } = metadata?.annotations ?? {};
  return { metadata: { ...metadata, annotations }, ...rest };
}

function digestOf(template: V1PodTemplateSpec): string {
  return createHash('sha256')
    .update(JSON.stringify(withoutVersions(template)))
    .digest('hex')
    .slice(0, 16);
}

function withDigest(deployment: V1Deployment & KubernetesObject, digest: string): V1Deployment & KubernetesObject {
  const annotations = { ...deployment.metadata?.annotations, [templateAnnotation]: digest };
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
}

function pick({ spec }: V1PodTemplateSpec): Pick<V1PodTemplateSpec, 'spec'> {
  return spec === undefined ? {} : { spec };
}

/** What the operator itself set of labels and annotations, as it is; only Secrets' versions are as they should be. */
function keptMetadata(wanted: V1PodTemplateSpec, present: V1PodTemplateSpec): V1PodTemplateSpec['metadata'] & object {
  const keep = (names: Readonly<Record<string, string>> = {}, values: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.keys(names).flatMap((name) => (name in values ? [[name, values[name] ?? '']] : [])));
  const versions = wanted.metadata?.annotations?.[secretVersionsAnnotation];
  return {
    labels: keep(wanted.metadata?.labels, present.metadata?.labels),
    annotations: {
      ...keep(wanted.metadata?.annotations, present.metadata?.annotations),
      ...(versions === undefined ? {} : { [secretVersionsAnnotation]: versions }),
    },
  };
}
