/** Looks into certificates that are there: nothing that a Secret holds is believed before. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Pair, Profile } from './issue.ts';
import { renewAfter } from './issue.ts';

/** Undefined for what is no certificate. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** The certificates of a bundle, each as the text that it has there. */
export function splitBundle(bundle: string): string[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`).filter((block) => parseCertificate(block) !== undefined);
}

export function isKeyOf({ certificate, key }: Pair): boolean {
  try {
    return parseCertificate(certificate)?.checkPrivateKey(createPrivateKey(key)) === true;
  } catch {
    return false;
  }
}

export function isSignedBy(certificate: string, authority: string): boolean {
  const issuer = parseCertificate(authority);
  const subject = parseCertificate(certificate);
  return issuer !== undefined && subject?.checkIssued(issuer) === true && subject.verify(issuer.publicKey);
}

/** Whether so much of its lifetime has passed that its successor is due. */
export function isDue(certificate: string, now: Date): boolean {
  const parsed = parseCertificate(certificate);
  if (parsed === undefined) return true;
  const [from, to] = [Date.parse(parsed.validFrom), Date.parse(parsed.validTo)];
  return now.getTime() >= from + (to - from) * renewAfter;
}

/** Unix seconds. */
export function expiryOf(certificate: string): number {
  return Date.parse(parseCertificate(certificate)?.validTo ?? '') / 1000;
}

/** Why a certificate cannot be used as it is, undefined when it can. */
export function leafFault(
  pair: Pair | undefined,
  profile: Profile,
  issuers: readonly string[],
  now: Date,
): string | undefined {
  if (pair === undefined) return 'there is none';
  const certificate = parseCertificate(pair.certificate);
  if (certificate === undefined || !isKeyOf(pair)) return 'it was damaged';
  if (!issuers.some((issuer) => isSignedBy(pair.certificate, issuer))) return 'its authority is another one';
  if (certificate.subject !== `CN=${profile.commonName}` || namesOf(certificate) !== namesOfProfile(profile)) {
    return 'it was for other names';
  }
  return isDue(pair.certificate, now) ? `it ends ${certificate.validTo}` : undefined;
}

function namesOf(certificate: X509Certificate): string {
  return (certificate.subjectAltName ?? '').split(', ').sort().join(', ');
}

function namesOfProfile({ dnsNames, ipAddresses }: Profile): string {
  return [...dnsNames.map((name) => `DNS:${name}`), ...ipAddresses.map((ip) => `IP Address:${ip}`)].sort().join(', ');
}
