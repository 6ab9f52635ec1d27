/** An answer of the API server that is not a success. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** The HTTP status. */
  readonly status: number;
  /** The machine-readable reason of its Status object: NotFound, Conflict, Invalid, Expired … */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  /** Reads the Status object that the API server answers with; any other text becomes the message. */
  static fromBody(status: number, what: string, body: string): KubeError {
    const parsed = parseStatus(body);
    return new KubeError(
      status,
      parsed.reason ?? `HTTP${status}`,
      `${what}: ${status} ${parsed.message ?? body}`.trim(),
    );
  }
}

/** Whether an error is an API server's answer with one of these HTTP statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is KubeError {
  return error instanceof KubeError && statuses.includes(error.status);
}

function parseStatus(body: string): { reason?: string; message?: string } {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
