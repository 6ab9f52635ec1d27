/** Addresses of replicas, as readers' keys name them: `10.0.0.7:9443`, `[fd00::7]:9443`, `store-0.peers:9443`. */
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

/** Undefined for a text that is no address. */
export function parsePeerAddress(address: string): PeerAddress | undefined {
  const url = URL.canParse(`tls://${address}`) ? new URL(`tls://${address}`) : undefined;
  if (url === undefined || url.href !== `tls://${url.host}` || url.port === '' || url.port === '0') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIPv6(host) || /^[\w.-]+$/.test(host) ? { host, port: Number(url.port) } : undefined;
}

/**
 * The address for other replicas: the host with the port that this process listens on, or as it is when it names a port
 * (a proxy's, for example). Without a host: this machine's name.
 */
export function addressFor(host: string | undefined, port: number): string {
  const name = host === undefined || host === '' ? hostname() : host;
  if (parsePeerAddress(name) !== undefined) return name;
  return `${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
