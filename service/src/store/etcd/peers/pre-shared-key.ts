/** How two replicas prove to each other that they may read the store in etcd (docs/adr/0304-peers-by-pre-shared-key.md). */
import { constants, randomBytes } from 'node:crypto';
import type { TlsOptions } from 'node:tls';

const secretBytes = 32;

/** A secret for one lease: 256 random bits, as it stands in the reader's key. */
export function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url');
}

/** The key of a secret. Undefined for one that is too short to be a secret. */
export function pskOf(secret: string): Buffer | undefined {
  const key = Buffer.from(secret, 'base64url');
  return key.length < secretBytes ? undefined : key;
}

/**
 * One cipher, with an ephemeral exchange, so that a secret that leaks later opens no earlier connection. No tickets: a
 * resumed session would not ask for the key of a lease.
 */
export const pskTls = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const satisfies TlsOptions;
