/** How the program ends; documented in docs/cli.md, and never changed. */
export const exitCodes = {
  ok: 0,
  /** Anything that has no code of its own: a line that cannot be used, a full disk, a refused request. */
  failure: 1,
  usage: 2,
  notFound: 3,
  /** The condition of a write does not hold; nothing was written. */
  preconditionFailed: 4,
  /** 401 or 403: the token is missing, wrong, or not good for this. */
  denied: 5,
  /** The store could not be reached, or did not answer in time, however often it was tried. */
  unavailable: 6,
  /** Another store than the one that `--identity` names answers. */
  otherStore: 7,
  /** A service uses the data folder: what is read of it would be of several states. */
  folderInUse: 8,
  /** What answers at the URL is not a KvStore: another type, no entity tag, a redirect, a proxy's own page. */
  notAKvStore: 9,
  /** 128 + SIGINT, 128 + SIGPIPE, 128 + SIGTERM, as shells have it. */
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error whose message is for the user, and says all there is to say. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failure, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}
