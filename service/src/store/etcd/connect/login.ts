/** Who the service is to an etcd with authentication. */
import { readFileSync } from 'node:fs';
import { Metadata } from '@grpc/grpc-js';
import type { Connection } from '@kvstore/etcd/connection.ts';
import type { EtcdConnectionOptions } from '../options.ts';

/** Milliseconds that a login may take. */
const timeout = 5000;

/** What calls to the member carry: a token, when there is a user. Rejects when the login fails or a file can't be read. */
export async function logIn(connection: Connection, options: EtcdConnectionOptions): Promise<Metadata> {
  const metadata = new Metadata();
  const user = readUser(options);
  if (user === undefined) return metadata;
  const { token } = await connection.call<{ readonly token: string }>('Auth', 'authenticate', user, timeout);
  metadata.set('token', token);
  return metadata;
}

/** Undefined: no user is configured. Throws when a file cannot be read. */
export function readUser({ usernameFile, passwordFile }: EtcdConnectionOptions) {
  if (usernameFile === undefined || passwordFile === undefined) return undefined;
  const text = (file: string) => readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  return { name: text(usernameFile), password: text(passwordFile) };
}
