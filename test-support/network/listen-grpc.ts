import { promisify } from 'node:util';
import { type Server, ServerCredentials } from '@grpc/grpc-js';

/** Listens as listen.ts does, with a server of gRPC; without TLS, unless credentials say otherwise. */
export function listenGrpc(server: Server, credentials = ServerCredentials.createInsecure()): Promise<number> {
  return promisify(server.bindAsync.bind(server))('127.0.0.1:0', credentials);
}
