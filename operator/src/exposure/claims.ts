/**
 * Who owns a host of an Ingress class. Two stores with the same host would share one door: the Ingress controller would
 * send a write to one of them and the read of it to the other. So one of them has the host and the others get no route.
 */
import type { V1Ingress } from '@kubernetes/client-node';
import { type IngressPath, ingressPaths } from '../desired/ingress.ts';
import { group, type KvStore, kind } from '../kvstore.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

/** Who has a host, in words. */
export type Holder = string;

/**
 * What owns the host of this KvStore instead of it; undefined: the KvStore owns it. Whoever has a route keeps it, else
 * the oldest gets it; so an older store that takes a new host over does not take another's traffic.
 * @param stores all that can be read, this one among them
 * @param ingresses all that can be read
 */
export function holderOf(
  kvstore: KvStore,
  stores: Iterable<KvStore>,
  ingresses: readonly V1Ingress[],
): Holder | undefined {
  const own = claimOf(kvstore, ingresses);
  const others = [...stores].filter((store) => store.metadata.uid !== kvstore.metadata.uid && competes(store, kvstore));
  const known = new Set([...stores].map(({ metadata }) => metadata.uid));
  const rivals = [
    ...others.map((store) => claimOf(store, ingresses)),
    ...ingresses.flatMap((ingress) => foreignClaim(ingress, kvstore, known) ?? []),
  ];
  const [first] = rivals.filter((rival) => precedes(rival, own)).sort((a, b) => (precedes(a, b) ? -1 : 1));
  return first?.holder;
}

interface Claim {
  readonly holder: Holder;
  readonly hasRoute: boolean;
  /** RFC 3339, so that texts compare as times do. */
  readonly since: string;
}

function precedes(a: Claim, b: Claim): boolean {
  if (a.hasRoute !== b.hasRoute) return a.hasRoute;
  return a.since === b.since ? a.holder < b.holder : a.since < b.since;
}

function competes({ metadata, spec: { ingress } }: KvStore, { spec }: KvStore): boolean {
  const { className, host } = spec.ingress;
  const claims = ingress.enabled && metadata.deletionTimestamp === undefined;
  return claims && ingress.className === className && ingress.host === host;
}

function claimOf({ metadata, spec: { ingress } }: KvStore, ingresses: readonly V1Ingress[]): Claim {
  const hasRoute = ingresses.some(
    (route) =>
      controllerOf(route)?.uid === metadata.uid &&
      classOf(route) === ingress.className &&
      route.spec?.rules?.some(({ host }) => host === ingress.host),
  );
  const holder = `KvStore ${metadata.namespace}/${metadata.name}`;
  return { holder, hasRoute, since: metadata.creationTimestamp ?? '' };
}

/** Of an Ingress that no KvStore we know has made, when one of its paths is one of ours. */
function foreignClaim(ingress: V1Ingress, { spec }: KvStore, known: ReadonlySet<string>): Claim | undefined {
  const { metadata } = ingress;
  const controller = controllerOf(ingress);
  if (controller !== undefined && known.has(controller.uid)) return undefined;
  if (metadata?.deletionTimestamp !== undefined || classOf(ingress) !== spec.ingress.className) return undefined;
  const ours = ingressPaths(spec.ingress);
  const overlaps = ingress.spec?.rules?.some(
    ({ host, http }) =>
      host === spec.ingress.host && http?.paths.some(({ path = '/' }) => ours.some((own) => covers(own, path))),
  );
  if (overlaps !== true) return undefined;
  const isStore = controller?.kind === kind && controller.apiVersion.startsWith(`${group}/`);
  const holder = `${isStore ? 'KvStore' : 'Ingress'} ${metadata?.namespace}/${metadata?.name}`;
  return { holder, hasRoute: true, since: String(metadata?.creationTimestamp ?? '') };
}

function covers([own, type]: IngressPath, path: string): boolean {
  return path === own || (type === 'Prefix' && path.startsWith(own.endsWith('/') ? own : `${own}/`));
}

function classOf({ metadata, spec }: V1Ingress): string | undefined {
  return spec?.ingressClassName ?? metadata?.annotations?.[classAnnotation];
}

function controllerOf({ metadata }: V1Ingress) {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}
