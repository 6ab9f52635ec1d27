/** Metrics of TLS: whether the files' latest contents are in force, until when, and connections that came to nothing. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface TlsMetrics {
  /** A certificate is in force from now on. */
  taken(validTo: Date): void;
  /** The files cannot be used; the certificate before stays in force. */
  kept(): void;
  handshakeFailed(): void;
}

export function tlsMetrics(registry: Registry): TlsMetrics {
  const registers = [registry];
  const successful = new Gauge({
    name: 'kvstore_tls_last_reload_successful',
    help: '1: the certificate in force is that of the files; 0: they cannot be used, an earlier one stays in force.',
    registers,
  });
  const expiry = new Gauge({
    name: 'kvstore_tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate in force expires.',
    registers,
  });
  const failures = new Counter({
    name: 'kvstore_tls_handshake_failures_total',
    help: 'Connections that ended before TLS was agreed on: clients that do not trust the certificate, plain HTTP, scans.',
    registers,
  });
  return {
    taken(validTo) {
      successful.set(1);
      expiry.set(validTo.getTime() / 1000);
    },
    kept: () => successful.set(0),
    handshakeFailed: () => failures.inc(),
  };
}
