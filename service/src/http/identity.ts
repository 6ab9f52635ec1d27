/** Which store answers. Behind a proxy a request can reach another store than the one that it was meant for. */
import type { IncomingMessage } from 'node:http';
import { Problem } from '../errors.ts';

/** In an answer: the store's identity. In a request: the store that it is meant for. */
export const identityHeader = 'KvStore-Identity';

/** True: the request names another store. A request that names none is meant for any. */
export function isMisdirected({ headers }: IncomingMessage, identity: string | undefined): boolean {
  const meant = headers['kvstore-identity'];
  return meant !== undefined && meant !== identity;
}

/** RFC 9110, 15.5.20: this server does not speak for the store that the request is meant for. */
export function misdirected(identity: string | undefined): Problem {
  const own = identity === undefined ? 'This store has no identity' : `This store is ${identity}`;
  return new Problem('misdirected', `${own}; the header KvStore-Identity of the request names another one.`);
}
