/** What the etcd store gets from outside. */
import { isIP } from 'node:net';
import type { Interceptor } from '@grpc/grpc-js';
import { isLoopback } from '@kvstore/core/loopback.ts';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Spans } from '../spans.ts';
import type { StoreMetrics } from '../store-metrics.ts';

/** Where etcd is and who we are to it. */
export interface EtcdConnectionOptions {
  /** http or https URLs of the members, all of one kind (KV_ETCD_ENDPOINTS). */
  readonly endpoints: readonly string[];
  /** PEM file with the certificate authorities that https endpoints are checked against; without it the system's (KV_ETCD_CA_FILE). */
  readonly caFile?: string | undefined;
  /** PEM files of the client's certificate and its key: both or none (KV_ETCD_CERT_FILE, KV_ETCD_KEY_FILE). */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Files that hold the user's name and password: both or none (KV_ETCD_USERNAME_FILE, KV_ETCD_PASSWORD_FILE). */
  readonly usernameFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** Hosts that get the password over http, besides loopback; `*`: any (KV_ETCD_PLAIN_PASSWORD_HOSTS). Default: none. */
  readonly plainPasswordHosts?: readonly string[];
  /** Of the channels, besides the client's own. */
  readonly interceptors?: readonly Interceptor[];
}

/** By a linearizable read of etcd, or by leases that replicas keep among themselves (ADR 0290). */
export type FreshReadsBy = 'barrier' | 'lease';

export interface EtcdOptions extends EtcdConnectionOptions {
  /** Everything the store has in etcd lies under it (KV_ETCD_PREFIX). */
  readonly prefix: string;
  /** etcd's --max-txn-ops: a set has at most one pair less (KV_ETCD_MAX_TXN_OPS). */
  readonly maxTxnOps: number;
  /** etcd's --max-request-bytes (KV_ETCD_MAX_REQUEST_BYTES). */
  readonly maxRequestBytes: number;
  /** Milliseconds a request may wait for etcd (KV_REQUEST_TIMEOUT). */
  readonly requestTimeout: number;
  /** How fresh reads are made fresh (KV_FRESH_READS); default: barrier. */
  readonly freshReads?: FreshReadsBy;
  /** Port for the other replicas, with `lease`; default 0: any that is free (KV_PEER_PORT). */
  readonly peerPort?: number;
  /** Where other replicas reach this one, with a port or without; without it by this machine's name (KV_PEER_ADDRESS). */
  readonly peerAddress?: string | undefined;
  /** Directory of the index; made when missing, owned by this process while it runs (KV_DATA_DIR). */
  readonly dataDir: string;
  /** Milliseconds between two checks of the index's file at least; default 0: none (KV_CHECK_INTERVAL). */
  readonly checkInterval?: number;
  readonly registry: Registry;
  readonly metrics: StoreMetrics;
  readonly log: Log;
  /** Without: no traces. */
  readonly spans?: Spans;
  /** Tests bring their own. */
  readonly clock?: Clock;
}

/** The part of a pino logger that the store uses. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Defaults of etcd 3.6 itself, and of the service. */
export const etcdDefaults = {
  prefix: '/kvstore/',
  maxTxnOps: 128,
  maxRequestBytes: 1_572_864,
  requestTimeout: 5000,
} as const;

/** Throws an Error that says what cannot be used. */
export function checkOptions(options: EtcdOptions): void {
  const { endpoints, prefix, caFile, certFile, keyFile, usernameFile, passwordFile, maxTxnOps } = options;
  const { plainPasswordHosts = [] } = options;
  const faults: string[] = [];
  if (endpoints.length === 0) faults.push('at least one etcd endpoint is needed');
  for (const endpoint of endpoints) {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    const bare = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '';
    // Node refuses an address as TLS server name, which is what gRPC for Node makes of it.
    if (url?.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) {
      faults.push(`an https endpoint has a host name, not an address: ${endpoint}`);
    }
    if (!bare) faults.push(`an etcd endpoint is http://host:port or https://host:port, not ${endpoint}`);
  }
  if (new Set(endpoints.map((endpoint) => endpoint.split(':')[0])).size > 1) {
    faults.push('etcd endpoints are all http or all https');
  }
  const plain = endpoints.some((endpoint) => endpoint.startsWith('http:'));
  if (plain && (caFile ?? certFile) !== undefined) faults.push('certificates need https endpoints');
  if (prefix === '' || prefix.includes('\0')) faults.push('the etcd prefix has at least one character, and no NUL');
  if ((certFile === undefined) !== (keyFile === undefined)) faults.push('a client certificate and its key go together');
  if ((usernameFile === undefined) !== (passwordFile === undefined))
    faults.push('a user name and a password go together');
  if (passwordFile !== undefined) faults.push(...readableOnTheWay(endpoints, plainPasswordHosts));
  if (maxTxnOps < 2) faults.push('a transaction needs at least 2 operations: a pair and the head key');
  if (faults.length > 0) throw new Error(`The etcd store cannot be set up: ${faults.join('; ')}.`);
}

/** Endpoints to which a password would go in the clear, and which the settings do not allow by name. */
function readableOnTheWay(endpoints: readonly string[], allowed: readonly string[]): readonly string[] {
  if (allowed.includes('*')) return [];
  return endpoints.flatMap((endpoint) => {
    const url = URL.parse(endpoint);
    if (url?.protocol !== 'http:' || isLoopback(url.hostname) || allowed.includes(url.hostname)) return [];
    const how = `use https, or add ${url.hostname} to KV_ETCD_PLAIN_PASSWORD_HOSTS`;
    return [`the password would go to ${endpoint} over http, where others can read it: ${how}`];
  });
}
