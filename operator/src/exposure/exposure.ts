/** Looks whether the stores can be reached from outside: what the caches do not show is asked, and kept for a while. */
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject, V1Ingress } from '@kubernetes/client-node';
import { belongsTo } from '../apply/ownership.ts';
import type { Clock } from '../clock.ts';
import { BackgroundAnswers } from '../control/background-answers.ts';
import { KeptAnswers } from '../control/kept-answers.ts';
import { serviceHost } from '../desired/service-environment.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { hasIdentity } from '../reconcile/identity.ts';
import { conditionOf, type Finding } from '../status/conditions.ts';
import type { AskRoute, RouteAnswer } from './ask.ts';
import { type Holder, holderOf } from './claims.ts';
import { exposedCondition, exposureOf, lastingReasons, notAsked, type RouteFacts, routeReasons } from './finding.ts';
import { asItStands } from './standing.ts';

export interface ExposureOptions {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly ask: AskRoute;
  /** Whether Ingress classes can be read: no right in a namespace allows it. */
  readonly readsClasses: boolean;
  /** Where the Ingress controllers are, by class. */
  readonly addresses: ReadonlyMap<string, readonly URL[]>;
  /** A route answers otherwise than before: `namespace/name` of its KvStore. */
  readonly onChange: (key: string) => void;
}

export interface Exposure {
  readonly finding: Finding;
  /** Milliseconds after which to look again. */
  readonly requeueAfterMs: number | undefined;
}

/** A route that does not answer yet is asked again soon, others now and then; faults wait for somebody. */
const soonMs = 2_000;
const faultMs = 10_000;
const steadyMs = 60_000;

const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const ingressClasses = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', plural: 'ingressclasses' };

export class Exposures {
  readonly #options: ExposureOptions;
  /** By API path: whether there is such an object. */
  readonly #exists: KeptAnswers<boolean | undefined>;
  readonly #answers: BackgroundAnswers<RouteAnswer>;

  constructor(options: ExposureOptions) {
    this.#options = options;
    const { clock, onChange } = options;
    this.#exists = new KeptAnswers(clock);
    this.#answers = new BackgroundAnswers<RouteAnswer>({
      clock,
      steadyMs,
      soonMs,
      isSame: isDeepStrictEqual,
      onChange,
    });
  }

  /** What owns the host of a KvStore instead of it. */
  holderOf(kvstore: KvStore): Holder | undefined {
    const { caches } = this.#options;
    if (!kvstore.spec.ingress.enabled) return undefined;
    return holderOf(kvstore, caches.kvStores.values(), [...caches.ingresses.values()]);
  }

  /**
   * Undefined: nothing is to be reached from outside. Rejects when the API server cannot be asked.
   * @param wanted its route is looked at as it stands while it is paused
   */
  async look(
    wanted: KvStore,
    given: { readonly serviceIsForeign: boolean; readonly restoring: boolean },
  ): Promise<Exposure | undefined> {
    const { caches } = this.#options;
    const ingress = ownIngress(wanted, caches);
    const kvstore = asItStands(wanted, ingress);
    const { namespace, name } = kvstore.metadata;
    const { enabled, className, tls } = kvstore.spec.ingress;
    if (!enabled) {
      this.#answers.keepOnly(`${namespace}/${name}`);
      return undefined;
    }
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
    if (address === undefined || !['NotReported', 'IngressAccepted', 'NoReplica'].includes(before.reason)) {
      this.#answers.keepOnly(`${namespace}/${name}`);
      return { finding: before, requeueAfterMs: lastingReasons.has(before.reason) ? faultMs : undefined };
    }
    return this.#ask(kvstore, facts, address);
  }

  #addressFor({ spec: { ingress } }: KvStore): URL | undefined {
    const protocol = ingress.tls === undefined ? 'http:' : 'https:';
    return this.#options.addresses.get(ingress.className)?.find((address) => address.protocol === protocol);
  }

  #ask(kvstore: KvStore, facts: Omit<RouteFacts, 'answer'>, address: URL): Exposure {
    const { uid, name, namespace } = kvstore.metadata;
    const host = kvstore.spec.ingress.host?.replace(/^\*/, 'kvstore') ?? serviceHost(name, namespace);
    const judge = (answer: RouteAnswer): Finding => exposureOf(kvstore, { ...facts, answer });
    const subject = `${namespace}/${name}`;
    // Without replicas another answer is right: with the first of them, and after the last, the questions begin anew.
    const key = `${uid} ${address.href} ${host} ${facts.availableReplicas > 0}`;
    this.#answers.keepOnly(subject, key);
    const answered = this.#answers.look({
      ...{ key, subject },
      ask: () => this.#options.ask({ address, host }),
      isGood: (answer) => judge(answer).status !== 'False',
    });
    if (answered !== undefined) return { finding: judge(answered.answer), requeueAfterMs: answered.dueMs };
    // An operator that has just started goes by what the status says.
    const known = conditionOf(kvstore.status, exposedCondition);
    const isOfRoute = known?.observedGeneration === kvstore.metadata.generation && routeReasons.has(known.reason);
    // That clients reach it ends with its last replica.
    const stands = isOfRoute && (known.status !== 'True' || facts.availableReplicas > 0);
    return { finding: stands ? known : notAsked(kvstore, facts), requeueAfterMs: undefined };
  }

  /** Undefined: it must not be read, as when the operator looks after a few namespaces only. */
  #has(path: string): Promise<boolean | undefined> {
    const { client } = this.#options;
    const ask = () =>
      client.find<KubernetesObject>(path, { accept: metadataOnly }).then(
        (object) => object !== undefined,
        (error: unknown) => {
          if (hasStatus(error, 403)) return undefined;
          throw error;
        },
      );
    return this.#exists.of(path, ask, (exists) => (exists === false ? faultMs / 2 : steadyMs));
  }
}

/** The Ingress that a KvStore has made, as the cache shows it. */
export function ownIngress(kvstore: KvStore, caches: Caches): V1Ingress | undefined {
  const found = caches.ingresses.get(kvstore.metadata.namespace, kvstore.metadata.name);
  return found !== undefined && belongsTo(found, kvstore) ? found : undefined;
}
