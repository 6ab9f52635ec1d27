/** An etcd's certificates as they are, while nothing may be changed. */
import { createHash } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import type { EtcdObjects, EtcdOutcome } from '../contract.ts';
import type { EtcdNames } from '../names.ts';
import { expiryOf } from './inspect.ts';
import type { Certificates } from './reconcile-tls.ts';
import { bundleIn, leaves, readLeaf, readTrust, secretNames } from './secrets.ts';
import { trustExpiry } from './trust.ts';

/** The operator cannot ask the members: its own certificate is gone. */
export class MissingCertificatesError extends Error {
  override readonly name = 'MissingCertificatesError';
}

export interface PresentCertificates extends Certificates {
  /** Names of the Secrets that are gone, or hold no certificates any more. */
  readonly missing: readonly string[];
}

/** @throws MissingCertificatesError */
export function presentTls(names: EtcdNames, { secrets }: EtcdObjects, now: Date): PresentCertificates {
  const called = secretNames(names);
  const find = (name: string): V1Secret | undefined => secrets.find(({ metadata }) => metadata?.name === name);
  const trust = readTrust(find(called.ca), now);
  const pairs = leaves.map((leaf) => ({ leaf, pair: readLeaf(find(called[leaf])) }));
  const missing = [
    ...(trust === undefined ? [called.ca] : []),
    ...pairs.flatMap(({ leaf, pair }) => (pair === undefined ? [called[leaf]] : [])),
  ];
  const own = readLeaf(find(called.operator));
  const ca = bundleIn(find(called.operator));
  if (own === undefined || ca === undefined) {
    throw new MissingCertificatesError(`${messageOf(missing)}; until then the members cannot be asked`);
  }
  const expiries = pairs.flatMap(({ leaf, pair }) => (pair === undefined ? [] : [[leaf, expiryOf(pair.certificate)]]));
  return {
    identity: { ca, ...own },
    trustHash: createHash('sha256').update(ca).digest('hex').slice(0, 16),
    expiry: { ...(trust === undefined ? {} : { ca: trustExpiry(trust) }), ...Object.fromEntries(expiries) },
    missing,
  };
}

/** What is wrong with the etcd itself comes first. */
export function withMissing(outcome: EtcdOutcome, missing: readonly string[]): EtcdOutcome {
  if (missing.length === 0 || outcome.degraded) return outcome;
  return { ...outcome, degraded: true, reason: 'EtcdCertificatesMissing', message: messageOf(missing) };
}

function messageOf(missing: readonly string[]): string {
  return `Secrets with certificates of etcd are gone: ${missing.join(', ')}. They are made anew once spec.paused is false`;
}
