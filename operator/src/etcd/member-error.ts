/** gRPC status codes that decisions depend on (grpc.io/docs/guides/status-codes). */
export const grpcCode = { failedPrecondition: 9, outOfRange: 11, unavailable: 14 } as const;

/** A member answered a call with an error, or not in time. */
export class MemberError extends Error {
  override readonly name = 'MemberError';
  /** gRPC status code. */
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}
