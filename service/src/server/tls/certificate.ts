/** The certificate that the service shows, and the authority whose clients it accepts: files that may be replaced. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { followFiles, reasonOf } from '../../followed-files.ts';
import type { Clock } from '../../store/clock.ts';
import { tlsMetrics } from './tls-metrics.ts';
import type { Tls } from './tls-server.ts';

export interface TlsFiles {
  /** PEM: the certificate, and those between it and the authority (KV_TLS_CERT_FILE). */
  readonly certFile: string;
  /** PEM, without a passphrase (KV_TLS_KEY_FILE). */
  readonly keyFile: string;
  /** PEM: authorities of clients' certificates; undefined: clients need none (KV_TLS_CLIENT_CA_FILE). */
  readonly clientCaFile: string | undefined;
}

export interface TlsParts {
  readonly log: Logger;
  readonly registry: Registry;
  readonly clock: Clock;
}

/** Follows the files until it is closed. Rejects with a clear message when there is no certificate to begin with. */
export async function openTls(files: TlsFiles, { log, registry, clock }: TlsParts): Promise<Tls> {
  const { certFile, keyFile, clientCaFile } = files;
  const paths = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const metrics = tlsMetrics(registry);
  const listeners: ((certificate: SecureContextOptions) => void)[] = [];
  let current: SecureContextOptions = {};
  const take = ([cert = '', key = '', ca]: readonly string[]) => {
    const given = { cert, key, ...(ca === undefined ? {} : { ca: certificatesIn(ca) }) };
    // Throws when a text is no PEM, or the key belongs to another certificate.
    createSecureContext(given);
    const { subject, validToDate, fingerprint256: fingerprint } = new X509Certificate(cert);
    current = given;
    for (const listener of listeners) listener(given);
    metrics.taken(validToDate);
    log.info({ certFile, subject, fingerprint, validTo: validToDate }, 'certificate in force');
    if (validToDate.getTime() < clock.wall()) log.warn({ certFile, validTo: validToDate }, 'certificate has expired');
  };
  const onFault = (fault: string, looks: number) => {
    // At the first look one of the files may be new and the other not yet.
    if (looks === 2) log.error({ files: paths, fault }, 'certificate cannot be used: the last good one stays in force');
    if (looks > 1) metrics.kept();
  };
  const { close } = await followFiles({ files: paths, take, onFault, clock }).catch((cause: unknown) => {
    throw new Error(`The certificate in ${paths.join(', ')} cannot be used: ${reasonOf(cause)}.`, { cause });
  });
  return {
    asksClients: clientCaFile !== undefined,
    certificate: () => current,
    onCertificate: (listener) => void listeners.push(listener),
    handshakeFailed: metrics.handshakeFailed,
    close,
  };
}

const beginning = '-----BEGIN CERTIFICATE-----';

/** Without one, Node would take every authority that the system knows; and it passes over what it cannot read. */
function certificatesIn(pem: string): string {
  const parts = pem.split(beginning).slice(1);
  if (parts.length === 0) throw new Error('the authority of clients has no certificate');
  for (const part of parts) new X509Certificate(`${beginning}${part}`);
  return pem;
}
