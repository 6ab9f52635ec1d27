/** Calls of one member by gRPC, over TLS with certificates on both sides. */
import { briefOptions } from '@kvstore/etcd/channel-options.ts';
import { Connection } from '@kvstore/etcd/connection.ts';
import type { ServiceName } from '@kvstore/etcd/schema.ts';
import { type Identity, identityCredentials } from '@kvstore/etcd/tls.ts';

export interface MemberAddress {
  /** Of the member's client port, such as https://a-etcd-0.a-etcd.default.svc:2379 or one with the pod's address. */
  readonly url: string;
  /** The name that the member's certificate must have. */
  readonly serverName: string;
}

/** Resolves with a response as schema.ts reads it. Rejects with EtcdCallError. */
export type Call = <T>(method: string, request: object, timeoutMs: number) => Promise<T>;

/**
 * Does calls of one service over a connection of their own: calls are few, a pod that was replaced is found at once, and
 * a certificate that was renewed is used at once. By gRPC and not by etcd's HTTP gateway: there etcd knows no user.
 * @throws EtcdCallError when a call fails, and an Error when the identity is none
 */
export async function withService<R>(
  { url, serverName }: MemberAddress,
  identity: Identity,
  service: ServiceName,
  action: (call: Call) => Promise<R>,
): Promise<R> {
  const connection = new Connection(url, identityCredentials(identity), briefOptions(serverName), serverName);
  try {
    return await action((method, request, timeoutMs) => connection.call(service, method, request, timeoutMs));
  } finally {
    connection.close();
  }
}
