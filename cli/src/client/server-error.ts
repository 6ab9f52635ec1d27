/** What went wrong between the program and the store. */
import { CliError, type ExitCode, exitCodes } from '../exit-codes.ts';

/** The store's own problem (RFC 9457). */
export interface ReportedProblem {
  readonly code: string;
  readonly detail: string | undefined;
  /** What to do. */
  readonly action?: string | undefined;
  /** Of a transaction: keys whose conditions do not hold, with their present ETags; null: there is no such key. */
  readonly failed?: FailedKeys | undefined;
}

export type FailedKeys = Readonly<Record<string, string | null>>;

/** What to do about these the exit code says, or the program has done it: it has tried again. */
const withoutAction: ReadonlySet<string> = new Set([
  'key-not-found',
  'precondition-failed',
  'overloaded',
  'rate-limited',
  'unavailable',
  'not-ready',
]);

/** The store answered with an error, or a proxy in front of it did. */
export class ServerError extends CliError {
  readonly status: number;
  /** The store's own code, such as `overloaded`; undefined when a proxy answered. */
  readonly code: string | undefined;
  /** What to do, where that is not said already. */
  readonly action: string | undefined;
  readonly failed: FailedKeys | undefined;
  /** Milliseconds that the answer asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem: ReportedProblem | undefined, retryAfter?: number) {
    const what = problem === undefined ? `${status}` : `${status} ${problem.code}`;
    const why = problem === undefined ? 'something in front of the store answers' : problem.detail;
    super(`${what}: ${why ?? 'the answer does not say why'}`, exitCodeOf(status, problem?.code));
    this.status = status;
    this.code = problem?.code;
    this.action = withoutAction.has(problem?.code ?? '') ? undefined : problem?.action;
    this.failed = problem?.failed;
    this.retryAfter = retryAfter;
  }
}

/** OpenSSL's codes for what is wrong with a certificate, and Node's for the name in it. */
const certificateFaults = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|ERR_TLS_CERT_)/;
const unknownAuthority = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** The connection failed, before an answer or in the middle of one. */
export class ConnectionError extends CliError {
  /** True: the request cannot have reached the store. */
  readonly neverSent: boolean;
  /** True: the certificate is of no authority that is trusted, of another host, or expired: waiting mends none of it. */
  readonly untrusted: boolean;

  /** @param consequence what that means for the store */
  constructor(url: string, cause: unknown, consequence?: string) {
    const code = String((cause as NodeJS.ErrnoException | undefined)?.code);
    const why = cause instanceof Error ? cause.message || code : String(cause);
    const untrusted = certificateFaults.test(code);
    super(
      `${url}: ${why}${unknownAuthority.test(code) ? '; --ca-file names the authority to trust' : ''}${consequence === undefined ? '' : `; ${consequence}`}`,
      exitCodes.unavailable,
      cause,
    );
    this.untrusted = untrusted;
    this.neverSent = untrusted || ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code);
  }
}

/** What answers is not the store that the command is meant for; with `--identity` only. */
export class OtherStoreError extends CliError {
  /** True: the answer names no store: it is of a proxy, or of another service. */
  readonly isNoStore: boolean;
  /** True: a proxy, for one, whose way to the store is missing for a moment. */
  readonly mayPass: boolean;

  constructor(url: string, wanted: string, status: number, found: string | undefined) {
    const who = found === undefined ? `status ${status} without the header KvStore-Identity` : `the store ${found}`;
    super(`${url}: ${who} answers, not ${wanted}`, exitCodes.otherStore);
    this.isNoStore = found === undefined;
    this.mayPass = this.isNoStore && status >= 400;
  }
}

/** What answers does not speak this API: a login page, another service, a proxy that leads elsewhere. Never retried. */
export class NotAKvStoreError extends CliError {
  /** @param received what came, such as `200 with text/html` */
  constructor(url: string, received: string, cause?: unknown) {
    super(`not a KvStore at ${url}: ${received}`, exitCodes.notAKvStore, cause);
  }
}

/** Errors that may pass: of the store's own, of a proxy's in front of it, of the network. */
export function mayPass(error: unknown): error is ServerError | ConnectionError | OtherStoreError {
  if (error instanceof OtherStoreError) return error.mayPass;
  if (error instanceof ConnectionError) return !error.untrusted;
  return error instanceof ServerError && [408, 429, 502, 503, 504].includes(error.status);
}

/** Whether nothing was written, for certain: then also a write that must not happen twice may be sent again. */
export function nothingHappened(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.neverSent;
  return (
    error instanceof ServerError &&
    ['overloaded', 'unavailable', 'not-ready', 'rate-limited'].includes(error.code ?? '')
  );
}

function exitCodeOf(status: number, code: string | undefined): ExitCode {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (code === 'key-not-found') return exitCodes.notFound;
  if (status === 412) return exitCodes.preconditionFailed;
  if (status === 408 || status === 429 || (status >= 502 && status <= 504)) return exitCodes.unavailable;
  return exitCodes.failure;
}
