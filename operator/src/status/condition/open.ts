import type { KvStore } from '../../kvstore.ts';
import type { Finding } from '../conditions.ts';

/** Whether clients from outside need a token. */
export const openCondition = 'Open';

/** True: a client that reaches the Ingress controller reads and writes every pair. Follows the spec alone. */
export function openFinding({ spec: { ingress, auth } }: KvStore): Finding {
  if (auth !== undefined) {
    return { status: 'False', reason: 'TokensRequired', message: 'clients need a token of spec.auth' };
  }
  if (!ingress.enabled) {
    const message = 'there is no Ingress; clients inside the cluster need no token, spec.clients limits them';
    return { status: 'False', reason: 'NoIngress', message };
  }
  if (ingress.host !== undefined) {
    const message = `clients that reach ${ingress.host} need no token; to ask for one set spec.auth`;
    return { status: 'True', reason: 'NoTokens', message };
  }
  const message =
    'clients that reach the Ingress controller, by any host, need no token; set spec.auth, spec.ingress.host, or ' +
    'spec.ingress.enabled to false';
  return { status: 'True', reason: 'EveryHost', message };
}

/** Whether a KvStore answers every client, for every host. */
export function isOpenToAll(kvstore: KvStore): boolean {
  return openFinding(kvstore).reason === 'EveryHost';
}

/** The operator's configuration gives such a KvStore no route. */
export class OpenStoreError extends Error {
  override readonly name = 'OpenStoreError';

  constructor() {
    super(
      'spec.ingress: there is no Ingress, because this operator demands a host or tokens (KVSTORE_OPEN_STORES=refused): ' +
        'set spec.ingress.host or spec.auth, or spec.ingress.enabled to false',
    );
  }
}
