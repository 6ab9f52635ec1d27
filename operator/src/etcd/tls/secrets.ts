/** The Secrets that hold an etcd's certificates, read and written. */
import type { V1Secret } from '@kubernetes/client-node';
import type { EtcdNames } from '../names.ts';
import { isKeyOf, isSignedBy, parseCertificate, splitBundle } from './inspect.ts';
import type { Pair, Profile } from './issue.ts';
import { bundleOf, type Trust } from './trust.ts';

/** On the authority's Secret: when the present phase of its replacement began. */
export const sinceAnnotation = 'kvstore.dev/etcd-ca-since';

export const leaves = ['member', 'client', 'operator'] as const;
export type Leaf = (typeof leaves)[number];

/** Only the operator reads the authority's Secret and its own; each pod mounts the one it needs. */
export function secretNames({ name }: EtcdNames): Readonly<Record<Leaf | 'ca', string>> {
  return {
    ca: `${name}-ca`,
    member: `${name}-member-tls`,
    client: `${name}-client-tls`,
    operator: `${name}-operator-tls`,
  };
}

/**
 * Every member shows the same certificate, as server and as peer; with it etcdctl in a pod asks the member beside it, by
 * the loopback address. The common names tell members from clients, and are etcd's users: they say nothing of the
 * KvStore, so that a database that was restored into another knows its operator.
 */
export function profileOf(leaf: Leaf, { name, namespace }: EtcdNames): Profile {
  const server = leaf === 'member';
  return {
    commonName: `kvstore-etcd-${leaf}`,
    dnsNames: server ? [`*.${name}.${namespace}.svc`, 'localhost'] : [],
    ipAddresses: server ? ['127.0.0.1'] : [],
  };
}

export function trustSecret(names: EtcdNames, trust: Trust, resourceVersion: string | undefined): V1Secret {
  const { signer, next, previous, since } = trust;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secretNames(names).ca,
      namespace: names.namespace,
      labels: names.labels,
      annotations: { [sinceAnnotation]: since.toISOString() },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: 'Opaque',
    data: encode({
      'signer.crt': signer.certificate,
      'signer.key': signer.key,
      'next.crt': next?.certificate,
      'next.key': next?.key,
      'previous.crt': previous,
    }),
  };
}

/** Undefined when the Secret does not hold an authority with its key, or only its successor's. */
export function readTrust(secret: V1Secret | undefined, now: Date): Trust | undefined {
  const text = (key: string) => textOf(secret, key);
  const signer = { certificate: text('signer.crt') ?? '', key: text('signer.key') };
  const next = pairOf(text('next.crt'), text('next.key'));
  const previous = text('previous.crt');
  if (parseCertificate(signer.certificate) === undefined) return undefined;
  const whole = signer.key !== undefined && isKeyOf({ certificate: signer.certificate, key: signer.key });
  if (!whole && next === undefined) return undefined;
  const since = Date.parse(secret?.metadata?.annotations?.[sinceAnnotation] ?? '');
  return {
    signer: { certificate: signer.certificate, key: whole ? signer.key : undefined },
    ...(next === undefined ? {} : { next }),
    ...(previous === undefined || parseCertificate(previous) === undefined ? {} : { previous }),
    since: Number.isNaN(since) ? now : new Date(since),
  };
}

export function leafSecret(names: EtcdNames, leaf: Leaf, pair: Pair, trust: Trust): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretNames(names)[leaf], namespace: names.namespace, labels: names.labels },
    type: 'kubernetes.io/tls',
    data: encode({ 'tls.crt': pair.certificate, 'tls.key': pair.key, 'ca.crt': bundleOf(trust) }),
  };
}

export function readLeaf(secret: V1Secret | undefined): Pair | undefined {
  return pairOf(textOf(secret, 'tls.crt'), textOf(secret, 'tls.key'));
}

/** The authority behind a certificate, by the bundle beside it. */
export function issuerInBundle(secret: V1Secret | undefined): string | undefined {
  const certificate = textOf(secret, 'tls.crt') ?? '';
  return splitBundle(textOf(secret, 'ca.crt') ?? '').find((authority) => isSignedBy(certificate, authority));
}

/** The authorities that come with a certificate. */
export function bundleIn(secret: V1Secret | undefined): string | undefined {
  return textOf(secret, 'ca.crt');
}

function pairOf(certificate: string | undefined, key: string | undefined): Pair | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  return isKeyOf({ certificate, key }) ? { certificate, key } : undefined;
}

function textOf(secret: V1Secret | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
}

function encode(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const present = Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const]));
  return Object.fromEntries(present.map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}
