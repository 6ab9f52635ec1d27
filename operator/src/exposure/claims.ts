/**
 * Who owns a host of an Ingress class. Two stores with the same host would share one door: the Ingress controller would
 * send a write to one of them and the read of it to the other. So one of them has the host and the others get no route.
 */
import type { V1Ingress } from '@kubernetes/client-node';
import { controllerOf, controllingStore } from '../apply/ownership.ts';
import { type IngressPath, ingressPaths } from '../desired/ingress.ts';
import type { KvStore } from '../kvstore.ts';
import { asItStands, classOf } from './standing.ts';

/** Who has a host, in words. */
export type Holder = string;

/**
 * What owns the host of this KvStore instead of it; undefined: the KvStore owns it. The one that has a route keeps it,
 * else the oldest gets it; so an older store that takes a new host over does not take another's traffic.
 * @param stores all that can be read, this one among them
 * @param ingresses all that can be read
 */
export function holderOf(
  kvstore: KvStore,
  stores: Iterable<KvStore>,
  ingresses: readonly V1Ingress[],
): Holder | undefined {
  const all = [...stores];
  const known = new Set(all.map(({ metadata }) => metadata.uid));
  const routes = new Map<string, V1Ingress[]>();
  const foreign: V1Ingress[] = [];
  for (const ingress of ingresses) {
    const uid = controllerOf(ingress)?.uid;
    if (uid === undefined || !known.has(uid)) foreign.push(ingress);
    else routes.set(uid, [...(routes.get(uid) ?? []), ingress]);
  }
  const routesOf = ({ metadata }: KvStore): readonly V1Ingress[] => routes.get(metadata.uid) ?? [];
  const isOwn = ({ metadata }: KvStore): boolean => metadata.uid === kvstore.metadata.uid;
  const own = claimOf(kvstore, kvstore, routesOf(kvstore));
  const rivals: readonly (Claim | undefined)[] = [
    ...all.map((store) => (isOwn(store) ? undefined : claimOf(store, kvstore, routesOf(store)))),
    ...foreign.map((ingress) => foreignClaim(ingress, kvstore)),
  ];
  const [first] = rivals
    .filter((rival) => rival !== undefined)
    .filter((rival) => own === undefined || precedes(rival, own))
    .sort((a, b) => (precedes(a, b) ? -1 : 1));
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

/** What a store has of the wanted host: a route that stands, although its spec asks for another host by now, or a wish. */
function claimOf(store: KvStore, wanted: KvStore, routes: readonly V1Ingress[]): Claim | undefined {
  const { className, host } = wanted.spec.ingress;
  const { metadata } = store;
  const hasRoute = routes.some(
    (route) => classOf(route) === className && route.spec?.rules?.some((rule) => rule.host === host),
  );
  const { ingress } = asItStands(store, routes[0]).spec;
  const wishes = ingress.enabled && metadata.deletionTimestamp === undefined;
  if (!hasRoute && !(wishes && ingress.className === className && ingress.host === host)) return undefined;
  const holder = `KvStore ${metadata.namespace}/${metadata.name}`;
  return { holder, hasRoute, since: metadata.creationTimestamp ?? '' };
}

/** Of an Ingress that no KvStore we know has made, when one of its paths is one of ours and leads elsewhere. */
function foreignClaim(ingress: V1Ingress, kvstore: KvStore): Claim | undefined {
  const { metadata } = ingress;
  const { spec } = kvstore;
  if (metadata?.deletionTimestamp !== undefined || classOf(ingress) !== spec.ingress.className) return undefined;
  if (leadsOnlyTo(ingress, kvstore)) return undefined;
  const ours = ingressPaths(spec.ingress);
  const overlaps = ingress.spec?.rules?.some(
    ({ host, http }) =>
      host === spec.ingress.host && http?.paths.some(({ path = '/' }) => ours.some((own) => covers(own, path))),
  );
  if (overlaps !== true) return undefined;
  const kind = controllingStore(ingress) === undefined ? 'Ingress' : 'KvStore';
  const holder = `${kind} ${metadata?.namespace}/${metadata?.name}`;
  return { holder, hasRoute: true, since: String(metadata?.creationTimestamp ?? '') };
}

/** Another door to the same store, made by hand, or its own without the owner reference, as a backup restores it. */
function leadsOnlyTo({ metadata, spec }: V1Ingress, kvstore: KvStore): boolean {
  const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  const services = [spec?.defaultBackend, ...paths.map(({ backend }) => backend)]
    .filter((backend) => backend !== undefined)
    .map(({ service }) => service?.name);
  return metadata?.namespace === kvstore.metadata.namespace && services.every((name) => name === kvstore.metadata.name);
}

function covers([own, type]: IngressPath, path: string): boolean {
  return path === own || (type === 'Prefix' && path.startsWith(own.endsWith('/') ? own : `${own}/`));
}
