/** Whether clients reach a store, and no other one, through its Ingress. A pure function. */
import type { V1Ingress } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { identityOf } from '../reconcile/identity.ts';
import type { Finding } from '../status/conditions.ts';
import type { RouteAnswer } from './ask.ts';
import type { Holder } from './claims.ts';

export const exposedCondition = 'Exposed';

export interface RouteFacts {
  /** The Service of its name belongs to somebody else. */
  readonly serviceIsForeign: boolean;
  /** What owns the host instead. */
  readonly holder: Holder | undefined;
  /** The store is still to get its first values. */
  readonly restoring: boolean;
  /** False: there is none of that name. Undefined: it cannot be read. */
  readonly classExists: boolean | undefined;
  readonly tlsSecretExists: boolean | undefined;
  readonly ingress: V1Ingress | undefined;
  readonly availableReplicas: number;
  /** False: the replicas that an older operator made give none. */
  readonly hasIdentity: boolean;
  /** Undefined: the operator is not told where the Ingress controller is. */
  readonly answer: RouteAnswer | undefined;
}

/** Faults that only a change by somebody ends. */
export const lastingReasons: ReadonlySet<string> = new Set([
  'ServiceConflict',
  'HostTaken',
  'IngressClassNotFound',
  'TlsSecretNotFound',
]);

/** What only the route itself says. */
export const routeReasons: ReadonlySet<string> = new Set(['RouteAnswers', 'RouteNotAnswering', 'OtherStoreAnswers']);

const no = (reason: string, message: string): Finding => ({ status: 'False', reason, message });

export function exposureOf(kvstore: KvStore, facts: RouteFacts): Finding {
  const { name, namespace } = kvstore.metadata;
  const { className, host, tls } = kvstore.spec.ingress;
  const where = whereOf(kvstore);
  if (facts.serviceIsForeign) {
    return no('ServiceConflict', `the Service ${name} belongs to somebody else: rename one of them, or remove it`);
  }
  if (facts.holder !== undefined) {
    const advice = host === undefined ? 'give this KvStore an ingress.host' : 'choose another ingress.host';
    const without = 'or set ingress.enabled: false if no client outside needs it';
    return no(
      'HostTaken',
      `${where} belongs to ${facts.holder}; there is no route to this KvStore: ${advice}, ${without}`,
    );
  }
  if (facts.restoring) return no('Restoring', 'there is no route before the backup is restored');
  if (facts.classExists === false) {
    return no(
      'IngressClassNotFound',
      `there is no IngressClass ${className}: correct ingress.className, or install it`,
    );
  }
  if (facts.tlsSecretExists === false) {
    return no('TlsSecretNotFound', `there is no Secret ${tls?.secretName} in ${namespace}, which ingress.tls names`);
  }
  if (facts.ingress === undefined) return no('IngressMissing', `there is no Ingress ${name} yet`);
  const { answer } = facts;
  if (facts.availableReplicas === 0) return withoutReplica(kvstore, answer);
  return answer === undefined || isSilent(kvstore, facts.hasIdentity, answer)
    ? byStatus(facts.ingress, className)
    : byAnswer(kvstore, answer, where);
}

/** Before the route has been asked. */
export function notAsked(kvstore: KvStore, { availableReplicas }: Pick<RouteFacts, 'availableReplicas'>): Finding {
  if (availableReplicas === 0) return withoutReplica(kvstore, undefined);
  return no('RouteNotAnswering', `the Ingress controller of ${whereOf(kvstore)} has not answered yet`);
}

function whereOf({ spec: { ingress } }: KvStore): string {
  const { className, host } = ingress;
  return host === undefined ? `every host of the class ${className}` : `host ${host} of the class ${className}`;
}

/** Some Ingress controllers drop the routes of a Service without endpoints: a store for every host answers then. */
function withoutReplica(kvstore: KvStore, answer: RouteAnswer | undefined): Finding {
  const identity = answer !== undefined && 'identity' in answer ? answer.identity : undefined;
  if (identity === undefined || identity === identityOf(kvstore)) {
    return no('NoReplica', 'no replica is available behind the route');
  }
  const advice = 'give that store a host of its own, or set allowEmptyServices of Traefik';
  const message = `no replica is available, and ${whereOf(kvstore)} leads to the store ${identity} meanwhile: ${advice}`;
  return no('OtherStoreAnswers', message);
}

/** A store that does not say which one it is: made by an older operator, or from an older image that the spec names. */
function isSilent({ spec }: KvStore, hasIdentity: boolean, answer: RouteAnswer): boolean {
  if ('error' in answer || answer.identity !== undefined) return false;
  return (!hasIdentity || spec.image !== undefined) && answer.status === 200;
}

function byAnswer(kvstore: KvStore, answer: RouteAnswer, where: string): Finding {
  if ('error' in answer) {
    const message = `the Ingress controller of ${where} cannot be asked: ${answer.error}`;
    return no('RouteNotAnswering', message);
  }
  const { status, identity } = answer;
  if (identity === identityOf(kvstore)) {
    return { status: 'True', reason: 'RouteAnswers', message: `${where} leads to this KvStore` };
  }
  if (identity !== undefined) {
    return no('OtherStoreAnswers', `${where} leads to the store ${identity}`);
  }
  const message = `${where} answers ${status} without the header KvStore-Identity: no route yet, or not to a KvStore`;
  return no('RouteNotAnswering', message);
}

function byStatus({ status }: V1Ingress, className: string): Finding {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  if (addresses.length > 0) {
    const message = `the Ingress controller has taken it up at ${addresses.join(', ')}`;
    return { status: 'True', reason: 'IngressAccepted', message };
  }
  const message = `no Ingress controller says that it serves the class ${className}; where it never says so, set KVSTORE_INGRESS_URLS of the operator`;
  return { status: 'Unknown', reason: 'NotReported', message };
}
