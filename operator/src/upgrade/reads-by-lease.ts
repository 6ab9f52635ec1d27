/**
 * When a KvStore's replicas may read by lease. Pure functions.
 *
 * A replica of a version that does not know leases acknowledges a write without waiting for those that read by lease, which
 * then show old values. So no lease is taken while pods of another image than the wanted one are there (docs/adr/0306).
 */
import type { V1Deployment, V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { type FreshReads, freshReadsVariable, imageAnnotation } from '../desired/fresh-reads.ts';
import { labelKeys } from '../desired/labels.ts';
import type { KvStore } from '../kvstore.ts';
import { rolloutOf } from '../status/condition/progressing.ts';

export interface ServicePods {
  /** As the cache shows it; undefined: there is none yet. */
  readonly live: V1Deployment | undefined;
  /** Of the KvStore, of any component. */
  readonly pods: readonly V1Pod[];
}

/**
 * How the pods that the Deployment makes from now on read.
 * @param image that they are made from
 */
export function freshReadsNow({ spec }: KvStore, image: string, { live, pods }: ServicePods): FreshReads {
  if (spec.freshReads !== 'lease') return 'barrier';
  const template = live?.spec?.template;
  if (template !== undefined) {
    if (imageOf(template.metadata) !== image) return 'barrier';
    // All pods had this image when it was turned on, and the Deployment has made no others since.
    if (isOn(template)) return 'lease';
    if (rolloutOf(live, spec.replicas) !== undefined) return 'barrier';
  }
  return pods.filter(mayServe).every(({ metadata }) => imageOf(metadata) === image) ? 'lease' : 'barrier';
}

function imageOf(metadata: V1ObjectMeta | undefined): string | undefined {
  return metadata?.annotations?.[imageAnnotation];
}

function isOn({ spec }: NonNullable<V1Deployment['spec']>['template']): boolean {
  return (spec?.containers ?? []).some(({ env = [] }) =>
    env.some(({ name, value }) => name === freshReadsVariable && value === 'lease'),
  );
}

/** Also one that ends: it answers what it was asked before, for as long as it takes to drain. */
function mayServe({ metadata, status }: V1Pod): boolean {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return metadata?.labels?.[labelKeys.component] === 'service' && !isOver;
}
