/** gRPC status codes that decisions depend on (grpc.io/docs/guides/status-codes). */
export const grpcCode = { failedPrecondition: 9, outOfRange: 11, unavailable: 14 } as const;

/** A member answered a call with an error. */
export class MemberError extends Error {
  override readonly name = 'MemberError';
  /** HTTP status of the answer. */
  readonly status: number;
  /** gRPC status code, when the answer had one. */
  readonly code: number | undefined;

  constructor(message: string, status: number, code: number | undefined) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
