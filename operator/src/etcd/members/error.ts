import { EtcdCallError } from '@kvstore/etcd/call-error.ts';

/** gRPC status codes that decisions depend on (grpc.io/docs/guides/status-codes). */
export const grpcCode = { failedPrecondition: 9, outOfRange: 11, unavailable: 14 } as const;

/** Has a member got the call? It answered with an error, or not in time. Else it was not reached. */
export function answered(error: unknown): error is EtcdCallError {
  return error instanceof EtcdCallError && error.sent;
}
