import type { V1HTTPIngressPath, V1Ingress } from '@kubernetes/client-node';
import type { KvStore } from '../kvstore.ts';
import { objectLabels } from './labels.ts';

/** What the outside may reach: the API and nothing else, so /metrics and the probes stay inside. */
const paths = [
  ['/', 'Exact'],
  ['/get/', 'Prefix'],
  ['/set', 'Exact'],
  ['/search', 'Exact'],
  ['/delete', 'Exact'],
  ['/watch', 'Exact'],
  ['/openapi.json', 'Exact'],
] as const;

export function buildIngress({ metadata: { name, namespace }, spec: { ingress } }: KvStore): V1Ingress {
  const { host, tls } = ingress;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      namespace,
      labels: objectLabels(name, 'service'),
      ...(ingress.annotations === undefined ? {} : { annotations: { ...ingress.annotations } }),
    },
    spec: {
      ingressClassName: ingress.className,
      rules: [
        {
          ...(host === undefined ? {} : { host }),
          http: { paths: paths.map(([path, type]) => rule(path, type, name)) },
        },
      ],
      ...(tls === undefined
        ? {}
        : { tls: [{ ...(host === undefined ? {} : { hosts: [host] }), secretName: tls.secretName }] }),
    },
  };
}

/** Where clients find a KvStore: through its Ingress when that has a host, else by its Service's name. */
export function urlOf({ metadata: { name, namespace }, spec: { ingress } }: KvStore): string {
  if (ingress.enabled && ingress.host !== undefined) {
    return `${ingress.tls === undefined ? 'http' : 'https'}://${ingress.host}/`;
  }
  return `http://${name}.${namespace}.svc:8080/`;
}

function rule(path: string, pathType: string, service: string): V1HTTPIngressPath {
  return { path, pathType, backend: { service: { name: service, port: { name: 'http' } } } };
}
