import type { V1HTTPIngressPath, V1Ingress } from '@kubernetes/client-node';
import type { IngressSpec, KvStore } from '../kvstore.ts';
import { objectLabels } from './labels.ts';
import { serviceUrl } from './service-environment.ts';

/** Names the class of an Ingress that has no ingressClassName. */
export const classAnnotation = 'kubernetes.io/ingress.class';

/** A path with the way that it is compared. */
export type IngressPath = readonly [path: string, type: 'Exact' | 'Prefix'];

/** What the outside may reach: the API, so /metrics and the probes stay inside. */
const paths = [
  ['/', 'Exact'],
  ['/get', 'Exact'],
  ['/get/', 'Prefix'],
  ['/set', 'Exact'],
  ['/search', 'Exact'],
  ['/delete', 'Exact'],
  ['/transaction', 'Exact'],
  ['/increment', 'Exact'],
  ['/watch', 'Exact'],
  ['/whoami', 'Exact'],
  ['/openapi.json', 'Exact'],
] as const satisfies readonly IngressPath[];

/** The console and the API's page: for people, so only when somebody asks for them. */
const pagePaths = [
  ['/docs', 'Prefix'],
  ['/ui', 'Prefix'],
] as const satisfies readonly IngressPath[];

/** Every path that an Ingress of this spec claims. */
export function ingressPaths({ pages }: IngressSpec): readonly IngressPath[] {
  return [...paths, ...(pages ? pagePaths : [])];
}

export function buildIngress({ metadata: { name, namespace }, spec: { ingress } }: KvStore): V1Ingress {
  const { host, tls } = ingress;
  // The class is the spec's: a KvStore from before the schema refused the annotation may still have it.
  const { [classAnnotation]: _class, ...annotations } = ingress.annotations ?? {};
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      namespace,
      labels: objectLabels(name, 'service'),
      ...(ingress.annotations === undefined ? {} : { annotations }),
    },
    spec: {
      ingressClassName: ingress.className,
      rules: [
        {
          ...(host === undefined ? {} : { host }),
          http: {
            paths: ingressPaths(ingress).map(([path, type]) => rule(path, type, name)),
          },
        },
      ],
      ...(tls === undefined
        ? {}
        : { tls: [{ ...(host === undefined ? {} : { hosts: [host] }), secretName: tls.secretName }] }),
    },
  };
}

/**
 * Where clients find a KvStore: through its Ingress when that has a host, else by its Service's name.
 * @param hasHost false: its host belongs to somebody else
 */
export function urlOf(kvstore: KvStore, hasHost = true): string {
  const { ingress } = kvstore.spec;
  if (hasHost && ingress.enabled && ingress.host !== undefined) {
    return `${ingress.tls === undefined ? 'http' : 'https'}://${ingress.host}/`;
  }
  return `${serviceUrl(kvstore)}/`;
}

function rule(path: string, pathType: string, service: string): V1HTTPIngressPath {
  return { path, pathType, backend: { service: { name: service, port: { name: 'http' } } } };
}
