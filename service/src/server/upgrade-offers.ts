/**
 * Requests that offer another protocol (`Upgrade: h2c`, as Java's client does). The offer is ignored (RFC 9110, 7.8), but
 * Node's parser throws away what came behind such a request in the same read. So that no client waits for answers to that, the
 * answer to the offer closes the connection, and the client sends the rest again.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

interface WithParser extends Socket {
  /** Node's own; what it parses just now. */
  readonly parser?: { getCurrentBuffer?(): Buffer | undefined } | null;
}

/**
 * Whether bytes came behind the request, in the read that is parsed just now. To be called for a request that offers an upgrade,
 * before it is handled. True also for a request after one with the same first line: then the connection is closed in vain.
 * Of a body, only one with a Content-Length has an end that is known here.
 */
export function hasBytesBehind({ method = '', url = '', headers, socket }: IncomingMessage): boolean {
  const read = (socket as WithParser).parser?.getCurrentBuffer?.();
  if (read === undefined || headers['transfer-encoding'] !== undefined) return false;
  // -1: it began in an earlier read.
  const begin = Math.max(0, read.indexOf(`${method} ${url} HTTP/`, 0, 'latin1'));
  const end = read.indexOf(endOfHead, begin, 'latin1');
  const length = Number(headers['content-length'] ?? 0);
  // The end itself can be in two reads.
  return end === -1 ? read.length >= endOfHead.length + length : read.length > end + endOfHead.length + length;
}

const endOfHead = '\r\n\r\n';
