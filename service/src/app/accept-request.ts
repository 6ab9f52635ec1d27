/** Requests that may be meant for another server are refused before anything of them is looked at. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';
import { splitTarget } from '../requests/target.ts';
import { misdirected } from './identity.ts';

/** @param identity of this store; undefined: it has none */
export function acceptRequest(identity: string | undefined): Middleware {
  return (ctx, next) => {
    const { headers, httpVersion, url = '/' } = ctx.req;
    // The parser takes a line without a version for HTTP/0.9, which has neither headers nor an end of its own.
    if (httpVersion === '0.9') throw new Problem('invalid-request', 'This is not an HTTP/1.1 request.');
    // RFC 9112, 3.2: a client that sends no Host may not have meant this server.
    if (headers.host === undefined && httpVersion === '1.1') {
      throw new Problem('invalid-request', 'An HTTP/1.1 request has a Host header.');
    }
    if (isMisdirected(headers, identity)) throw misdirected(identity);
    ctx.state.target = splitTarget(url);
    return next();
  };
}

/** True: the request names another store. A request that names none is meant for any. */
function isMisdirected(headers: IncomingHttpHeaders, identity: string | undefined): boolean {
  const meant = headers['kvstore-identity'];
  return meant !== undefined && meant !== identity;
}
