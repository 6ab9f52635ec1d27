/** Calls of one member by gRPC, over TLS with certificates on both sides. */
import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Identity } from '../contract.ts';
import { MemberError } from '../member-error.ts';

export type ServiceName = 'KV' | 'Cluster' | 'Maintenance' | 'Auth';

export interface MemberAddress {
  /** Of the member's client port, such as https://a-etcd-0.a-etcd.default.svc:2379 or one with the pod's address. */
  readonly url: string;
  /** The name that the member's certificate must have. */
  readonly serverName: string;
}

/** Resolves with an answer whose 64-bit numbers and enums are texts, and in which no field is missing. */
export type Call = <T>(method: string, request: object, timeoutMs: number) => Promise<T>;

type Unary = (
  request: object,
  options: { readonly deadline: number },
  callback: (error: ServiceError | null, answer: unknown) => void,
) => void;

const definition = loadSync(fileURLToPath(new URL('etcd.proto', import.meta.url)), {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
});
const services = loadPackageDefinition(definition).etcdserverpb as unknown as Readonly<
  Record<ServiceName, ServiceClientConstructor>
>;

/**
 * Does calls of one service over a connection of their own: calls are few, a pod that was replaced is found at once, and
 * a certificate that was renewed is used at once. By gRPC and not by etcd's HTTP gateway: there etcd knows no user.
 * @throws MemberError when the member answered with an error or nothing in time, and an Error when it was not reached
 */
export async function withService<R>(
  { url, serverName }: MemberAddress,
  { ca, certificate, key }: Identity,
  service: ServiceName,
  action: (call: Call) => Promise<R>,
): Promise<R> {
  const context = createSecureContext({ ca, cert: certificate, key, minVersion: 'TLSv1.3' });
  const client = new services[service](new URL(url).host, credentials.createFromSecureContext(context), {
    'grpc.ssl_target_name_override': serverName,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  });
  try {
    return await action((method, request, timeoutMs) => callOf(client, method, request, timeoutMs));
  } finally {
    client.close();
  }
}

function callOf<T>(client: Client, method: string, request: object, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const unary = (client as unknown as Readonly<Record<string, Unary>>)[method];
    if (unary === undefined) throw new Error(`the service has no method ${method}`);
    unary.call(client, request, { deadline: Date.now() + timeoutMs }, (error, answer) => {
      if (error === null) return resolve(answer as T);
      const message = `${method}: ${error.details}`;
      const unreached = /No connection established|Name resolution failed/.test(error.details);
      reject(unreached ? new Error(message, { cause: error }) : new MemberError(message, error.code));
    });
  });
}
