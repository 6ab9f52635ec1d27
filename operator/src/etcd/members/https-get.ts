/** One GET over TLS with certificates on both sides. */
import { request } from 'node:https';
import type { Identity } from '../contract.ts';

export interface HttpsGet {
  readonly identity: Identity;
  /** The name that the server's certificate must have, whatever the address. */
  readonly serverName: string;
  /** For the whole call. */
  readonly timeoutMs: number;
}

/**
 * Resolves with the answer's status when all of the answer is there. A connection of its own each time: calls are few, a
 * pod that was replaced is found at once, and a certificate that was renewed is used at once.
 * @throws the transport's error, also when either side refuses the other's certificate
 */
export function getHttps(url: string, { identity, serverName, timeoutMs }: HttpsGet): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      agent: false,
      servername: serverName,
      ca: identity.ca,
      cert: identity.certificate,
      key: identity.key,
      minVersion: 'TLSv1.3',
      signal: AbortSignal.timeout(timeoutMs),
    } as const;
    const call = request(url, options, (response) => {
      response.once('error', reject);
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    call.on('error', reject);
    call.end();
  });
}
