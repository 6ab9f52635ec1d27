/** Requests that may be meant for another server are refused before anything of them is looked at. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { machinePaths, probePaths } from '@kvstore/core/machine-paths.ts';
import { Problem } from '@kvstore/core/problem.ts';
import { isRetired } from '../flow-control/connection-marks.ts';
import { authorityOf, type Target } from '../requests/target.ts';
import { misdirected } from '../server/identity.ts';
import { otherVersion } from '../server/refuse.ts';
import type { CheckHost } from './hosts.ts';

/** Throws Problem `invalid-request`, `unsupported-version`, `misdirected` or `certificate-required`. */
export type AcceptRequest = (request: IncomingMessage, target: Target) => void;

/**
 * @param identity of this store; undefined: it has none
 * @param needsCertificate each request but a probe's comes with a client certificate that the listener accepts
 */
export function acceptRequest(
  identity: string | undefined,
  checkHost: CheckHost | undefined,
  needsCertificate: boolean,
): AcceptRequest {
  /** The last Host that was good: as a rule the next one, too. */
  let lastHost: string | undefined;
  return ({ headers, rawHeaders, httpVersion, socket, url = '/' }, target) => {
    if (needsCertificate && !isCertified(socket as TLSSocket) && !probePaths.has(target.path)) {
      throw new Problem(
        'certificate-required',
        'A request needs a client certificate of an authority that is known here.',
      );
    }
    if (httpVersion !== '1.1' && httpVersion !== '1.0') throw versionProblem(httpVersion);
    const { host } = headers;
    // RFC 9112, 3.2: a client that sends no Host may not have meant this server.
    if (host === undefined && httpVersion === '1.1') {
      throw new Problem('invalid-request', 'An HTTP/1.1 request has a Host header.');
    }
    refuseRepeated(rawHeaders);
    // RFC 9112, 3.2.2: the host of a target in absolute form counts in place of the header.
    const authority = authorityOf(url);
    if (host !== undefined && (host !== lastHost || authority !== undefined)) {
      if (!hostPattern.test(host)) {
        throw new Problem('invalid-request', 'The Host header is a name or an address, with or without a port.');
      }
      if (authority === undefined && !machinePaths.has(target.path)) {
        checkHost?.(host);
        lastHost = host;
      }
    }
    if (authority !== undefined) {
      if (authority === '' || !hostPattern.test(authority)) {
        throw new Problem('invalid-request', "The target's host is a name or an address, with or without a port.");
      }
      if (!machinePaths.has(target.path)) checkHost?.(authority);
    }
    if (isMisdirected(headers, identity)) throw misdirected(identity);
  };
}

/** The parser takes a line without a version for HTTP/0.9, which has neither headers nor an end of its own, and HTTP/2.0 as text. */
function versionProblem(version: string): Problem {
  return version === '0.9'
    ? new Problem('invalid-request', 'This is not an HTTP/1.1 request.')
    : new Problem('unsupported-version', otherVersion);
}

/** The authority of a retired connection's certificate may have been withdrawn while the request waited for its turn. */
function isCertified(socket: TLSSocket): boolean {
  return socket.authorized && !isRetired(socket);
}

/** RFC 9110, 7.2. Empty is allowed: the client's target has no authority. */
const hostPattern = /^(?:\[[\da-f:.]+\]|[\w.-]*)(?::\d*)?$/i;

/** Fields that have one value. Node keeps the first of several, which others on the way may not (RFC 9112, 3.2). */
function refuseRepeated(rawHeaders: readonly string[]): void {
  let hosts = 0;
  let authorizations = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4) {
      if (name.toLowerCase() === 'host') hosts++;
    } else if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations++;
  }
  if (hosts > 1) throw new Problem('invalid-request', 'The request has more than one Host header.');
  if (authorizations > 1) throw new Problem('invalid-request', 'The request has more than one Authorization header.');
}

/** True: the request names another store. A request that names none is meant for any. */
function isMisdirected(headers: IncomingHttpHeaders, identity: string | undefined): boolean {
  const meant = headers['kvstore-identity'];
  return meant !== undefined && meant !== identity;
}
