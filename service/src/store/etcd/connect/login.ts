/** Who the service is to an etcd with authentication. */
import { readFileSync } from 'node:fs';
import { type Client, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Host } from 'etcd3/lib/connection-pool.js';
import type { EtcdConnectionOptions } from '../options.ts';

/** Milliseconds that a login may take. */
const timeout = 5000;

type Authenticate = (
  user: { readonly name: string; readonly password: string },
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer: { token: string }) => void,
) => void;

/** What calls to the member carry: a token, when there is a user. Rejects when the login fails or a file can't be read. */
export async function logIn(host: Host, options: EtcdConnectionOptions): Promise<Metadata> {
  const metadata = new Metadata();
  const user = readUser(options);
  if (user === undefined) return metadata;
  const client = host.getServiceClient('Auth') as Client & { authenticate: Authenticate };
  const token = await new Promise<string>((resolve, reject) => {
    client.authenticate(user, metadata, { deadline: Date.now() + timeout }, (error, answer) => {
      if (error === null) resolve(answer.token);
      else reject(error);
    });
  });
  metadata.set('token', token);
  return metadata;
}

/** Undefined: no user is configured. Throws when a file cannot be read. */
export function readUser({ usernameFile, passwordFile }: EtcdConnectionOptions) {
  if (usernameFile === undefined || passwordFile === undefined) return undefined;
  const text = (file: string) => readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  return { name: text(usernameFile), password: text(passwordFile) };
}
