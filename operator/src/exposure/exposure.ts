/** Looks whether the stores can be reached from outside: what the caches do not show is asked, and kept for a while. */
import type { KubernetesObject, V1Ingress } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import type { Finding } from '../conditions.ts';
import { hasIdentity } from '../identity.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { belongsTo } from '../ownership.ts';
import type { AskRoute, RouteAnswer } from './ask.ts';
import { type Holder, holderOf } from './claims.ts';
import { exposureOf, lastingReasons } from './finding.ts';

export interface ExposureOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly ask: AskRoute;
  /** Whether Ingress classes can be read: no right in a namespace allows it. */
  readonly readsClasses: boolean;
  /** Where the Ingress controllers are, by class. */
  readonly addresses: ReadonlyMap<string, readonly URL[]>;
}

export interface Exposure {
  readonly finding: Finding;
  /** Milliseconds after which to look again. */
  readonly requeueAfterMs: number | undefined;
}

/** A route that does not answer is asked again soon, one that answers now and then; faults wait for somebody. */
const soonMs = 2_000;
const faultMs = 10_000;
const steadyMs = 60_000;

const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const ingressClasses = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', plural: 'ingressclasses' };

export class Exposures {
  readonly #options: ExposureOptions;
  /** By API path: whether there is such an object, and until when that is taken for true. */
  readonly #exists = new Map<string, { readonly until: number; readonly exists: boolean | undefined }>();
  /** By the KvStore's uid, what was asked for, and where. */
  readonly #answers = new Map<string, { readonly until: number; readonly answer: RouteAnswer }>();

  constructor(options: ExposureOptions) {
    this.#options = options;
  }

  /** What owns the host of a KvStore instead of it. */
  holderOf(kvstore: KvStore): Holder | undefined {
    const { caches } = this.#options;
    if (!kvstore.spec.ingress.enabled) return undefined;
    return holderOf(kvstore, caches.kvStores.values(), [...caches.ingresses.values()]);
  }

  /** Undefined: nothing is to be reached from outside. Rejects when the API server cannot be asked. */
  async look(
    kvstore: KvStore,
    given: { readonly serviceIsForeign: boolean; readonly restoring: boolean },
  ): Promise<Exposure | undefined> {
    const { namespace, name } = kvstore.metadata;
    const { enabled, className, tls } = kvstore.spec.ingress;
    if (!enabled) return undefined;
    const { caches } = this.#options;
    const ingress = ownIngress(kvstore, caches);
    const deployment = caches.deployments.get(namespace, name);
    const classPath = pathOf(ingressClasses, undefined, className);
    const classExists = this.#options.readsClasses ? await this.#has(classPath) : undefined;
    const tlsSecretExists =
      tls === undefined ? undefined : await this.#has(pathOf(resources.secrets, namespace, tls.secretName));
    const facts = {
      ...given,
      holder: this.holderOf(kvstore),
      classExists,
      tlsSecretExists,
      ingress,
      availableReplicas: deployment?.status?.availableReplicas ?? 0,
      hasIdentity: hasIdentity(deployment),
    };
    const before = exposureOf(kvstore, { ...facts, answer: undefined });
    const address = this.#addressFor(kvstore);
    // What is no question of the route is not asked of it.
    if (address === undefined || !['NotReported', 'IngressAccepted'].includes(before.reason)) {
      return { finding: before, requeueAfterMs: lastingReasons.has(before.reason) ? faultMs : undefined };
    }
    const answer = await this.#answer(kvstore, address);
    const finding = exposureOf(kvstore, { ...facts, answer });
    return { finding, requeueAfterMs: finding.status === 'False' ? soonMs : steadyMs };
  }

  #addressFor({ spec: { ingress } }: KvStore): URL | undefined {
    const protocol = ingress.tls === undefined ? 'http:' : 'https:';
    return this.#options.addresses.get(ingress.className)?.find((address) => address.protocol === protocol);
  }

  async #answer(kvstore: KvStore, address: URL): Promise<RouteAnswer> {
    const { clock, ask } = this.#options;
    const { uid, name, namespace } = kvstore.metadata;
    const host = kvstore.spec.ingress.host?.replace(/^\*/, 'kvstore') ?? `${name}.${namespace}.svc`;
    const key = `${uid} ${address.href} ${host}`;
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > clock.now()) return known.answer;
    for (const [old, { until }] of this.#answers) if (until <= clock.now()) this.#answers.delete(old);
    const answer = await ask({ address, host });
    const isOwn = 'identity' in answer && answer.identity?.endsWith(`/${uid}`) === true;
    this.#answers.set(key, { until: clock.now() + (isOwn ? steadyMs : soonMs) - 100, answer });
    return answer;
  }

  /** Undefined: it must not be read, as when the operator looks after a few namespaces only. */
  async #has(path: string): Promise<boolean | undefined> {
    const { client, clock } = this.#options;
    const known = this.#exists.get(path);
    if (known !== undefined && known.until > clock.now()) return known.exists;
    const exists = await client.find<KubernetesObject>(path, { accept: metadataOnly }).then(
      (object) => object !== undefined,
      (error: unknown) => {
        if (hasStatus(error, 403)) return undefined;
        throw error;
      },
    );
    for (const [old, { until }] of this.#exists) if (until <= clock.now()) this.#exists.delete(old);
    this.#exists.set(path, { until: clock.now() + (exists === false ? faultMs / 2 : steadyMs), exists });
    return exists;
  }
}

/** The Ingress that a KvStore has made, as the cache shows it. */
export function ownIngress(kvstore: KvStore, caches: Caches): V1Ingress | undefined {
  const found = caches.ingresses.get(kvstore.metadata.namespace, kvstore.metadata.name);
  return found !== undefined && belongsTo(found, kvstore) ? found : undefined;
}
