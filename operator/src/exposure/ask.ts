/** Asks the Ingress controller which store a host leads to. */
import type { RequestOptions } from 'node:https';
import { nodeHttp } from '@kvstore/core/node-http.ts';

export interface Route {
  /** Of the Ingress controller. */
  readonly address: URL;
  /** What clients ask for. */
  readonly host: string;
}

/** What came back; an identity only from a store. */
export type RouteAnswer =
  | { readonly status: number; readonly identity: string | undefined }
  | { readonly error: string };

export type AskRoute = (route: Route) => Promise<RouteAnswer>;

const deadlineMs = 3_000;

/** Open to everybody, whatever tokens the store asks for, and part of each Ingress. */
const path = '/openapi.json';

/** Never rejects. */
export const askRoute: AskRoute = ({ address, host }) => {
  const { promise, resolve } = Promise.withResolvers<RouteAnswer>();
  const options: RequestOptions = {
    method: 'HEAD',
    host: address.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: address.port,
    path,
    headers: { host },
    agent: false,
    signal: AbortSignal.timeout(deadlineMs),
    // The identity says who answers. Whether clients trust the certificate is not asked here.
    ...(address.protocol === 'https:' ? { servername: host, rejectUnauthorized: false } : {}),
  };
  const request = nodeHttp(address.protocol).request(options, (response) => {
    const identity = response.headers['kvstore-identity'];
    resolve({ status: response.statusCode ?? 0, identity: identity === undefined ? undefined : String(identity) });
    response.resume();
    response.on('error', () => {});
  });
  request.on('error', (error) => {
    const why = error.name === 'AbortError' ? `no answer within ${deadlineMs / 1000} s` : error.message;
    resolve({ error: why });
  });
  request.end();
  return promise;
};
