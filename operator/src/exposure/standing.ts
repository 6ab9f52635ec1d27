/** What stands of a KvStore's route, whatever its spec asks for. */
import type { V1Ingress } from '@kubernetes/client-node';
import { classAnnotation } from '../desired/ingress.ts';
import type { IngressSpec, KvStore } from '../kvstore.ts';

export function classOf({ metadata, spec }: V1Ingress): string | undefined {
  return spec?.ingressClassName ?? metadata?.annotations?.[classAnnotation];
}

/** Clients reach a paused KvStore as its Ingress has it: a host that was changed since has no owner yet. */
export function asItStands(kvstore: KvStore, ingress: V1Ingress | undefined): KvStore {
  const { spec } = kvstore;
  const [rule] = ingress?.spec?.rules ?? [];
  if (!spec.paused || ingress === undefined || rule === undefined) return kvstore;
  const { host: _host, tls: _tls, ...others } = spec.ingress;
  const secretName = ingress.spec?.tls?.[0]?.secretName;
  const standing: IngressSpec = {
    ...others,
    enabled: true,
    className: classOf(ingress) ?? spec.ingress.className,
    ...(rule.host === undefined ? {} : { host: rule.host }),
    ...(secretName === undefined ? {} : { tls: { secretName } }),
  };
  return { ...kvstore, spec: { ...spec, ingress: standing } };
}
