/** One call over TLS with certificates on both sides. */
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Identity } from './contract.ts';

export interface HttpsCall {
  /** A POST of this text; a GET without. */
  readonly body?: string;
  readonly identity: Identity;
  /** The name that the server's certificate must have, whatever the address. */
  readonly serverName: string;
  /** For the whole call. */
  readonly timeoutMs: number;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * A connection of its own each time: calls are few, a pod that was replaced is found at once, and a certificate that
 * was renewed is used at once.
 * @throws the transport's error, also when either side refuses the other's certificate
 */
export function callHttps(url: string, { body, identity, serverName, timeoutMs }: HttpsCall): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      servername: serverName,
      ca: identity.ca,
      cert: identity.certificate,
      key: identity.key,
      minVersion: 'TLSv1.3',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' } }),
    } as const;
    const call = request(url, options, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
