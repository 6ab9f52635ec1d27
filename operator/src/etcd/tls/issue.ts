/** Makes keys and certificates: ECDSA on P-256, which every TLS library of today has. */
import 'reflect-metadata';
import { KeyObject, randomBytes } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate is for. */
export interface Profile {
  readonly commonName: string;
  /** Names and addresses that a server answers under; none for a client. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

const dayMs = 86_400_000;
/** An authority lives for three years and its successor is introduced after two. */
export const authorityDays = 3 * 365;
/** Other certificates live for 90 days and are renewed after 60. */
export const leafDays = 90;
/** Share of a lifetime after which a successor is due. */
export const renewAfter = 2 / 3;
/** Clocks of nodes may be behind the operator's. */
const skewMs = 3_600_000;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export async function issueAuthority(commonName: string, now: Date): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity(now, authorityDays),
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate, keys.privateKey);
}

/** A certificate for clients, and for servers too when the profile has names. */
export async function issueLeaf(authority: Pair, profile: Profile, now: Date): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = new X509Certificate(authority.certificate);
  const names = alternativeNames(profile);
  const usages = [ExtendedKeyUsage.clientAuth, ...(names.length > 0 ? [ExtendedKeyUsage.serverAuth] : [])];
  const certificate = await X509CertificateGenerator.create({
    ...validity(now, leafDays),
    serialNumber: serialNumber(),
    subject: [{ CN: [profile.commonName] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(usages),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return pairOf(certificate, keys.privateKey);
}

function alternativeNames({ dnsNames, ipAddresses }: Profile): { type: GeneralNameType; value: string }[] {
  return [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
}

function validity(now: Date, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now.getTime() - skewMs), notAfter: new Date(now.getTime() + days * dayMs) };
}

/** Positive, as RFC 5280 (4.1.2.2) wants it, and never the same twice. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function signingKey(pem: string): Promise<CryptoKey> {
  const [bytes] = PemConverter.decode(pem);
  if (bytes === undefined) throw new Error('the private key of the certificate authority is no PEM');
  return crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
}

function pairOf(certificate: X509Certificate, privateKey: CryptoKey): Pair {
  const key = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificate: `${certificate.toString('pem').trim()}\n`, key };
}
